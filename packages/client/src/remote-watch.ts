/**
 * One watch, as its reader sees it: revisions in order, whatever streams bring them.
 *
 * V1  Every revision is handed out whole and once, in order: what comes again after a stream was lost is dropped, and
 *     half a revision is forgotten with the stream that brought it.
 * V2  What waits for the reader is bounded. Beyond that the node is asked to stop, and to go on from where the reader
 *     is once everything has been read.
 * V3  What a stream says of all its watches counts for one that the node has opened on it, and for no other: the node
 *     may say it before it has read that this one is wanted.
 * V4  It ends once: closed by its reader, or with an error, which the reader meets behind all that came before it.
 */
import {
  AspenError,
  abandonedError,
  type CancelTimer,
  type Clock,
  type KeyChange,
  type Revision,
  type Watch,
  type WatchBatch,
  type WatchRequest,
} from "@aspenjs/api";
import { keyChangeBytes } from "@aspenjs/protocol";
import { limits } from "./limits.ts";

export interface RemoteWatchInit {
  readonly request: WatchRequest;
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  /** Nobody reads any more. */
  readonly onEnded: (watch: RemoteWatch) => void;
  /** Room again, after `push` said that there is none. */
  readonly onDrained: (watch: RemoteWatch) => void;
}

interface Reader {
  readonly resolve: (result: IteratorResult<WatchBatch, undefined>) => void;
  readonly reject: (error: Error) => void;
}

type WatchPhase =
  | { readonly kind: "beginning" }
  | { readonly kind: "begun" }
  | { readonly kind: "failed"; readonly error: AspenError }
  | { readonly kind: "closed" };

const BEGINNING: WatchPhase = { kind: "beginning" };
const BEGUN: WatchPhase = { kind: "begun" };
const CLOSED: WatchPhase = { kind: "closed" };
const DONE: IteratorResult<WatchBatch, undefined> = { done: true, value: undefined };

export class RemoteWatch implements Watch {
  readonly request: WatchRequest;
  readonly begun: Promise<Watch>;
  readonly #init: RemoteWatchInit;
  readonly #onAbort: (() => void) | undefined;
  readonly #resolveBegun: (watch: Watch) => void;
  readonly #rejectBegun: (error: AspenError) => void;
  readonly #batches: WatchBatch[] = [];
  #phase: WatchPhase = BEGINNING;
  #cancelDeadline: CancelTimer;
  #cancelProgress: CancelTimer = () => {};
  #fromRevision: Revision;
  /** Behind everything that was handed over whole; `undefined` as long as no node has said where the watch begins. */
  #nextRevision: Revision | undefined;
  #parts: KeyChange[] = [];
  #queuedBytes = 0;
  #isPaused = false;
  /** On the stream that there is now. */
  #isOpen = false;
  #reader: Reader | undefined;

  constructor(init: RemoteWatchInit) {
    const { request, clock, deadlineMs, signal } = init;
    const { promise, resolve, reject } = Promise.withResolvers<Watch>();
    this.request = request;
    this.begun = promise;
    this.#resolveBegun = resolve;
    this.#rejectBegun = reject;
    this.#init = init;
    this.#nextRevision = request.fromRevision;
    this.#fromRevision = request.fromRevision ?? 0;
    this.#cancelDeadline = clock.setTimer(deadlineMs, () => this.fail(this.#tooLate()));
    this.#onAbort = signal === undefined ? undefined : () => this.fail(abandonedError(signal));
    if (this.#onAbort !== undefined) signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get fromRevision(): Revision {
    return this.#fromRevision;
  }

  /** Where a node is to go on; `undefined` for a watch that has not begun anywhere. */
  get nextRevision(): Revision | undefined {
    return this.#nextRevision;
  }

  get isEnded(): boolean {
    return this.#phase.kind === "failed" || this.#phase.kind === "closed";
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  onOpened(fromRevision: Revision): void {
    this.#isOpen = true;
    if (this.#phase.kind !== "beginning") return;
    this.#phase = BEGUN;
    this.#fromRevision = fromRevision;
    this.#nextRevision = fromRevision;
    this.#cancelDeadline();
    this.#armProgress();
    this.#resolveBegun(this);
  }

  /** @returns whether there is room for more */
  onChanges(revision: Revision, changes: readonly KeyChange[], isLastPart: boolean): boolean {
    if (this.#phase.kind !== "begun" || revision < (this.#nextRevision ?? 0)) return true;
    this.#parts.push(...changes);
    if (!isLastPart) return true;
    const batch: WatchBatch = { revision, changes: this.#parts };
    this.#parts = [];
    this.#nextRevision = revision + 1;
    this.#push(batch);
    this.#isPaused = this.#queuedBytes > limits.watchQueueBytesMax;
    return !this.#isPaused;
  }

  onProgress(revision: Revision): void {
    if (this.#isOpen) this.#nextRevision = Math.max(this.#nextRevision ?? 0, revision + 1);
  }

  /** The stream is lost, or was told to bring no more: half a revision is nothing. */
  onDetached(): void {
    this.#isOpen = false;
    this.#parts = [];
  }

  /** The node ended it for good. */
  onEnded(error: AspenError): void {
    if (this.#phase.kind === "beginning") return this.fail(error);
    if (error.code !== "compacted" && error.code !== "lagged") return this.fail(error);
    const lastRevision = (this.#nextRevision ?? 1) - 1;
    const message = `the cluster no longer keeps what happened behind revision ${lastRevision}`;
    this.fail(new AspenError("lagged", message, { details: { lastRevision } }));
  }

  fail(error: AspenError): void {
    this.#end({ kind: "failed", error });
  }

  async close(): Promise<void> {
    this.#batches.length = 0;
    this.#queuedBytes = 0;
    this.#end(CLOSED);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<WatchBatch, undefined> {
    return {
      next: () => this.#next(),
      return: async () => {
        await this.close();
        return DONE;
      },
    };
  }

  #next(): Promise<IteratorResult<WatchBatch, undefined>> {
    const batch = this.#batches.shift();
    if (batch !== undefined) return Promise.resolve(this.#handOut(batch));
    if (this.#phase.kind === "failed") return Promise.reject(this.#phase.error);
    if (this.#phase.kind === "closed") return Promise.resolve(DONE);
    if (this.#reader !== undefined) {
      return Promise.reject(new AspenError("invalid_request", "a watch has one reader at a time"));
    }
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  #push(batch: WatchBatch): void {
    const reader = this.#reader;
    this.#armProgress();
    if (reader !== undefined) {
      this.#reader = undefined;
      reader.resolve({ done: false, value: batch });
      return;
    }
    this.#batches.push(batch);
    this.#queuedBytes += bytesOf(batch);
  }

  #handOut(batch: WatchBatch): IteratorResult<WatchBatch, undefined> {
    this.#queuedBytes -= bytesOf(batch);
    if (this.#isPaused && this.#batches.length === 0 && !this.isEnded) {
      this.#isPaused = false;
      this.#init.onDrained(this);
    }
    return { done: false, value: batch };
  }

  #armProgress(): void {
    const { progressEveryMs } = this.request;
    this.#cancelProgress();
    if (progressEveryMs === undefined || this.isEnded) return;
    this.#cancelProgress = this.#init.clock.setTimer(progressEveryMs, () => {
      const revision = (this.#nextRevision ?? 1) - 1;
      // A reader who has not taken the last one needs no other.
      if (this.#batches.length === 0) this.#push({ revision, changes: [] });
      else this.#armProgress();
    });
  }

  #end(phase: WatchPhase): void {
    if (this.isEnded) return;
    const isBeginning = this.#phase.kind === "beginning";
    this.#phase = phase;
    this.#parts = [];
    this.#cancelDeadline();
    this.#cancelProgress();
    if (this.#onAbort !== undefined) this.#init.signal?.removeEventListener("abort", this.#onAbort);
    const error = phase.kind === "failed" ? phase.error : new AspenError("shutting_down", "the watch was closed");
    if (isBeginning) this.#rejectBegun(error);
    const reader = this.#reader;
    this.#reader = undefined;
    if (phase.kind === "failed") reader?.reject(phase.error);
    else reader?.resolve(DONE);
    this.#init.onEnded(this);
  }

  #tooLate(): AspenError {
    const { deadlineMs } = this.#init;
    return new AspenError("timeout", `the watch did not begin within ${deadlineMs} ms`, { details: { deadlineMs } });
  }
}

function bytesOf({ changes }: WatchBatch): number {
  return changes.reduce((sum, change) => sum + keyChangeBytes(change), 0);
}
