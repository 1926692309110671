/**
 * The sending half of a stream. Invariants S2, S3 and S5 of SPEC.md: nothing leaves without credit, chunks leave in
 * the order of their writes, and what waits counts against the peer's queue.
 */
import { copiedBytes } from "./copied-bytes.ts";
import { FRAME_KINDS } from "./frame-kind.ts";
import type { TransportLimits } from "./limits.ts";
import type { OutgoingLane } from "./outgoing-lane.ts";
import type { OutgoingQueue } from "./outgoing-queue.ts";
import { violation, type SessionFault } from "./session-fault.ts";
import { queueFull, streamEnded, tooLarge } from "./transport-error.ts";

interface WaitingWrite {
  readonly kind: "chunk";
  readonly chunk: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface WaitingEnd {
  readonly kind: "end";
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

type WriterPhase =
  | { readonly kind: "open" }
  | { readonly kind: "ending" }
  | { readonly kind: "ended" }
  | { readonly kind: "failed"; readonly error: Error };

const OPEN: WriterPhase = { kind: "open" };
const ENDING: WriterPhase = { kind: "ending" };
const ENDED: WriterPhase = { kind: "ended" };
const NO_BYTES = new Uint8Array(0);

export class StreamWriter {
  readonly #id: number;
  readonly #queue: OutgoingQueue;
  readonly #limits: TransportLimits;
  readonly #onEnded: () => void;
  readonly #lane: OutgoingLane;
  readonly #waiting: (WaitingWrite | WaitingEnd)[] = [];
  #phase: WriterPhase = OPEN;
  #creditBytes = 0;

  constructor(id: number, queue: OutgoingQueue, limits: TransportLimits, onEnded: () => void) {
    this.#id = id;
    this.#queue = queue;
    this.#limits = limits;
    this.#onEnded = onEnded;
    this.#lane = queue.openLane();
  }

  get isEnded(): boolean {
    return this.#phase.kind === "ended" || this.#phase.kind === "failed";
  }

  get isOpen(): boolean {
    return this.#phase.kind === "open";
  }

  write(chunk: Uint8Array): Promise<void> {
    const { streamChunkBytesMax, streamPendingWritesMax, outgoingBytesMax } = this.#limits;
    if (this.#phase.kind === "failed") return Promise.reject(this.#phase.error);
    if (this.#phase.kind !== "open") return Promise.reject(streamEnded());
    if (chunk.byteLength > streamChunkBytesMax) {
      return Promise.reject(tooLarge("a chunk", chunk.byteLength, streamChunkBytesMax));
    }
    if (!this.#queue.hasRoom(chunk.byteLength)) return Promise.reject(queueFull("bytes queued", outgoingBytesMax));
    if (this.#waiting.length === 0 && this.#costOf(chunk) <= this.#creditBytes) {
      this.#send(chunk);
      return Promise.resolve();
    }
    if (this.#waiting.length >= streamPendingWritesMax) {
      return Promise.reject(queueFull("writes to one stream", streamPendingWritesMax));
    }
    this.#queue.hold(chunk.byteLength);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ kind: "chunk", chunk, resolve, reject });
    });
  }

  end(): Promise<void> {
    if (this.#phase.kind === "failed") return Promise.reject(this.#phase.error);
    if (this.#phase.kind !== "open") return Promise.resolve();
    this.#phase = ENDING;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ kind: "end", resolve, reject });
      this.#sendWaiting();
    });
  }

  onCredit(costBytes: number): SessionFault | undefined {
    this.#creditBytes += costBytes;
    if (this.#creditBytes > Number.MAX_SAFE_INTEGER / 2) return violation("credit without measure");
    this.#sendWaiting();
    return undefined;
  }

  fail(error: Error): void {
    this.#phase = { kind: "failed", error };
    this.#queue.clearLane(this.#lane);
    for (const waiting of this.#waiting.splice(0)) {
      if (waiting.kind === "chunk") this.#queue.release(waiting.chunk.byteLength);
      waiting.reject(error);
    }
  }

  #sendWaiting(): void {
    for (;;) {
      const waiting = this.#waiting[0];
      if (waiting === undefined) return;
      if (waiting.kind === "chunk" && this.#costOf(waiting.chunk) > this.#creditBytes) return;
      this.#waiting.shift();
      if (waiting.kind === "chunk") {
        this.#queue.release(waiting.chunk.byteLength);
        this.#send(waiting.chunk);
      } else {
        this.#sendEnd();
      }
      waiting.resolve();
    }
  }

  /** The caller may use its bytes again once `write` has resolved, which is before they are sent. */
  #send(chunk: Uint8Array): void {
    this.#creditBytes -= this.#costOf(chunk);
    this.#lane.push({
      partKind: FRAME_KINDS.chunkPart,
      finalKind: FRAME_KINDS.chunk,
      id: this.#id,
      body: copiedBytes(chunk),
    });
  }

  #sendEnd(): void {
    this.#phase = ENDED;
    this.#lane.push({ partKind: FRAME_KINDS.end, finalKind: FRAME_KINDS.end, id: this.#id, body: NO_BYTES });
    this.#onEnded();
  }

  #costOf(chunk: Uint8Array): number {
    return chunk.byteLength + this.#limits.streamChunkCostBytes;
  }
}
