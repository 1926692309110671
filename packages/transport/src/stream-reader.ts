/**
 * The receiving half of a stream. Invariants S1, S2 and S4 of SPEC.md: what is held never exceeds the window that was
 * granted, and credit is granted for what the consumer has really taken.
 */
import { assert } from "@aspenjs/api";
import { BodyAssembly } from "./body-assembly.ts";
import { copiedBytes } from "./copied-bytes.ts";
import type { TransportLimits } from "./limits.ts";
import { violation, type SessionFault } from "./session-fault.ts";

type ReaderPhase =
  | { readonly kind: "open" }
  /** Nobody reads any more; what still comes is dropped, and granted so that the peer can finish. */
  | { readonly kind: "discarding" }
  | { readonly kind: "ended" }
  | { readonly kind: "failed"; readonly error: Error };

interface WaitingRead {
  readonly resolve: (result: IteratorResult<Uint8Array, undefined>) => void;
  readonly reject: (error: Error) => void;
}

const OPEN: ReaderPhase = { kind: "open" };
const DISCARDING: ReaderPhase = { kind: "discarding" };
const ENDED: ReaderPhase = { kind: "ended" };
const DONE: IteratorResult<Uint8Array, undefined> = { done: true, value: undefined };
/** Credit goes out once this part of the window was taken, rather than for every chunk. */
const GRANT_DIVISOR = 4;

export class StreamReader {
  readonly #limits: TransportLimits;
  readonly #grant: (costBytes: number) => void;
  readonly #chunks: Uint8Array[] = [];
  #partial: BodyAssembly | undefined;
  #phase: ReaderPhase = OPEN;
  #waiting: WaitingRead | undefined;
  /** What the peer may still send. */
  #windowBytes: number;
  /** Taken by the consumer and not yet granted again. */
  #takenBytes = 0;
  #heldBytes = 0;

  constructor(limits: TransportLimits, grant: (costBytes: number) => void) {
    this.#limits = limits;
    this.#grant = grant;
    this.#windowBytes = limits.streamWindowBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes + (this.#partial?.byteLength ?? 0);
  }

  get isEnded(): boolean {
    return this.#phase.kind === "ended" || this.#phase.kind === "failed";
  }

  onChunk(fragment: Uint8Array, isLast: boolean): SessionFault | undefined {
    if (this.#phase.kind === "ended") return violation("a chunk after the end of its stream");
    const byteLength = (this.#partial?.byteLength ?? 0) + fragment.byteLength;
    const costBytes = byteLength + this.#limits.streamChunkCostBytes;
    if (costBytes > this.#windowBytes) return violation("a stream exceeds its window");
    if (!isLast) {
      this.#partial ??= new BodyAssembly();
      this.#partial.add(fragment);
      return undefined;
    }
    const chunk = this.#complete(fragment);
    this.#windowBytes -= costBytes;
    if (this.#phase.kind !== "open") this.#take(costBytes);
    else if (this.#waiting !== undefined) this.#hand(this.#waiting, chunk, costBytes);
    else {
      this.#chunks.push(chunk);
      this.#heldBytes += chunk.byteLength;
    }
    return undefined;
  }

  onEnd(): SessionFault | undefined {
    if (this.#phase.kind === "ended") return violation("a stream ends once");
    if (this.#partial !== undefined) return violation("a stream ends inside a chunk");
    if (this.#phase.kind === "failed") return undefined;
    this.#phase = ENDED;
    this.#waiting?.resolve(DONE);
    this.#waiting = undefined;
    return undefined;
  }

  /** One reader at a time, as `for await` does it. */
  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#heldBytes -= chunk.byteLength;
      this.#take(chunk.byteLength + this.#limits.streamChunkCostBytes);
      return Promise.resolve({ done: false, value: chunk });
    }
    if (this.#phase.kind === "failed") return Promise.reject(this.#phase.error);
    if (this.#phase.kind !== "open") return Promise.resolve(DONE);
    assert(this.#waiting === undefined, "a stream has one reader at a time");
    this.#grantTaken();
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  discard(): void {
    if (this.#phase.kind === "open") this.#phase = DISCARDING;
    for (const chunk of this.#chunks) this.#takenBytes += chunk.byteLength + this.#limits.streamChunkCostBytes;
    this.#chunks.length = 0;
    this.#heldBytes = 0;
    if (!this.isEnded) this.#grantTaken();
    this.#waiting?.resolve(DONE);
    this.#waiting = undefined;
  }

  /** The connection is gone. What had arrived whole, its end included, can still be read. */
  lose(error: Error): void {
    if (this.#phase.kind !== "ended") this.fail(error);
  }

  /** Drops what was not read: an aborted stream hands out nothing more. */
  fail(error: Error): void {
    this.#chunks.length = 0;
    this.#heldBytes = 0;
    this.#partial = undefined;
    this.#phase = { kind: "failed", error };
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  #complete(fragment: Uint8Array): Uint8Array {
    const partial = this.#partial;
    if (partial === undefined) return copiedBytes(fragment);
    this.#partial = undefined;
    partial.add(fragment);
    return partial.body();
  }

  #hand(waiting: WaitingRead, chunk: Uint8Array, costBytes: number): void {
    this.#waiting = undefined;
    this.#take(costBytes);
    waiting.resolve({ done: false, value: chunk });
  }

  #take(costBytes: number): void {
    this.#takenBytes += costBytes;
    if (this.#takenBytes >= this.#limits.streamWindowBytes / GRANT_DIVISOR) this.#grantTaken();
  }

  #grantTaken(): void {
    if (this.#takenBytes === 0 || this.isEnded) return;
    const costBytes = this.#takenBytes;
    this.#takenBytes = 0;
    this.#windowBytes += costBytes;
    this.#grant(costBytes);
  }
}
