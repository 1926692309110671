/**
 * What a stream has brought and its reader has not taken, and how that ends: the reader's side of a watch and of a
 * subscription to the log.
 *
 * V4  It ends once: closed by its reader, or with an error, which the reader meets behind all that came before it.
 */
import { AspenError, abandonedError, type CancelTimer, type Clock } from "@aspenjs/api";

export interface BatchInboxInit<Batch> {
  /** In messages: "the watch". */
  readonly name: string;
  readonly clock: Clock;
  /** Of beginning. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  readonly progressEveryMs: number | undefined;
  /** A batch that tells nothing but how far everything was told. */
  readonly progress: () => Batch;
  readonly bytesOf: (batch: Batch) => number;
  /** All that waited has been read. */
  readonly onDrained: () => void;
  /** Nobody reads any more. */
  readonly onEnded: () => void;
}

interface Reader<Batch> {
  readonly resolve: (result: IteratorResult<Batch, undefined>) => void;
  readonly reject: (error: Error) => void;
}

type InboxPhase =
  | { readonly kind: "beginning" }
  | { readonly kind: "begun" }
  | { readonly kind: "failed"; readonly error: AspenError }
  | { readonly kind: "closed" };

const BEGINNING: InboxPhase = { kind: "beginning" };
const BEGUN: InboxPhase = { kind: "begun" };
const CLOSED: InboxPhase = { kind: "closed" };
const DONE: IteratorResult<never, undefined> = { done: true, value: undefined };

export class BatchInbox<Batch> {
  /** Rejects with what ended it before. */
  readonly begun: Promise<void>;
  readonly #init: BatchInboxInit<Batch>;
  readonly #onAbort: (() => void) | undefined;
  readonly #resolveBegun: () => void;
  readonly #rejectBegun: (error: AspenError) => void;
  readonly #batches: Batch[] = [];
  readonly #cancelDeadline: CancelTimer;
  #phase: InboxPhase = BEGINNING;
  #cancelProgress: CancelTimer = () => {};
  #queuedBytes = 0;
  #reader: Reader<Batch> | undefined;

  constructor(init: BatchInboxInit<Batch>) {
    const { clock, deadlineMs, signal } = init;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.begun = promise;
    this.#resolveBegun = resolve;
    this.#rejectBegun = reject;
    this.#init = init;
    this.#cancelDeadline = clock.setTimer(deadlineMs, () => this.fail(this.#tooLate()));
    this.#onAbort = signal === undefined ? undefined : () => this.fail(abandonedError(signal));
    if (this.#onAbort !== undefined) signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get phase(): InboxPhase["kind"] {
    return this.#phase.kind;
  }

  get isEnded(): boolean {
    return this.#phase.kind === "failed" || this.#phase.kind === "closed";
  }

  /** What waits for the reader. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  begin(): void {
    if (this.#phase.kind !== "beginning") return;
    this.#phase = BEGUN;
    this.#cancelDeadline();
    this.#armProgress();
    this.#resolveBegun();
  }

  push(batch: Batch): void {
    const reader = this.#reader;
    this.#armProgress();
    if (reader !== undefined) {
      this.#reader = undefined;
      reader.resolve({ done: false, value: batch });
      return;
    }
    this.#batches.push(batch);
    this.#queuedBytes += this.#init.bytesOf(batch);
  }

  fail(error: AspenError): void {
    this.#end({ kind: "failed", error });
  }

  close(): void {
    this.#batches.length = 0;
    this.#queuedBytes = 0;
    this.#end(CLOSED);
  }

  iterator(): AsyncIterator<Batch, undefined> {
    return {
      next: () => this.#next(),
      return: async () => {
        this.close();
        return DONE;
      },
    };
  }

  #next(): Promise<IteratorResult<Batch, undefined>> {
    if (this.#batches.length > 0) return Promise.resolve({ done: false, value: this.#takeFirst() });
    if (this.#phase.kind === "failed") return Promise.reject(this.#phase.error);
    if (this.#phase.kind === "closed") return Promise.resolve(DONE);
    if (this.#reader !== undefined) {
      return Promise.reject(new AspenError("invalid_request", `${this.#init.name} has one reader at a time`));
    }
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  #takeFirst(): Batch {
    const batch = this.#batches.shift() as Batch;
    this.#queuedBytes -= this.#init.bytesOf(batch);
    if (this.#batches.length === 0 && !this.isEnded) this.#init.onDrained();
    return batch;
  }

  #armProgress(): void {
    const { progressEveryMs, clock, progress } = this.#init;
    this.#cancelProgress();
    if (progressEveryMs === undefined || this.isEnded) return;
    this.#cancelProgress = clock.setTimer(progressEveryMs, () => {
      // A reader who has not taken the last one needs no other.
      if (this.#batches.length === 0) this.push(progress());
      else this.#armProgress();
    });
  }

  #end(phase: InboxPhase): void {
    if (this.isEnded) return;
    const isBeginning = this.#phase.kind === "beginning";
    this.#phase = phase;
    this.#cancelDeadline();
    this.#cancelProgress();
    if (this.#onAbort !== undefined) this.#init.signal?.removeEventListener("abort", this.#onAbort);
    const closed = (): AspenError => new AspenError("shutting_down", `${this.#init.name} was closed`);
    if (isBeginning) this.#rejectBegun(phase.kind === "failed" ? phase.error : closed());
    const reader = this.#reader;
    this.#reader = undefined;
    if (phase.kind === "failed") reader?.reject(phase.error);
    else reader?.resolve(DONE);
    this.#init.onEnded();
  }

  #tooLate(): AspenError {
    const { deadlineMs, name } = this.#init;
    return new AspenError("timeout", `${name} did not begin within ${deadlineMs} ms`, { details: { deadlineMs } });
  }
}
