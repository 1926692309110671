import { assert, type Clock } from "@aspenjs/api";

/** What the network does to the bytes of one direction at the moment. */
export interface PipeConditions {
  delayMs(): number;
  isStalled(): boolean;
  /** The pieces in which a write arrives; `broken` stands for one that the receiving link refuses, as Noise would. */
  piecesOf(bytes: Uint8Array): readonly (Uint8Array | "broken")[];
}

export interface PipeReceiver {
  onData(bytes: Uint8Array): void;
  onEnd(): void;
  onBroken(): void;
}

type PipeItem =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly dueAtMs: number }
  | { readonly kind: "broken"; readonly dueAtMs: number }
  | { readonly kind: "end"; readonly dueAtMs: number };

type PipePhase =
  | { readonly kind: "open" }
  | { readonly kind: "receiving"; readonly receiver: PipeReceiver }
  | { readonly kind: "closed" };

/** Like the buffers of a socket: a writer that is further ahead is told to wait. */
const BYTES_UNDER_WAY_MAX = 256 * 1_024;

const CLOSED: PipePhase = { kind: "closed" };

/** One direction of a connection: what goes in comes out later, in order, unless the network stands still. */
export class MemoryPipe {
  readonly #clock: Clock;
  readonly #conditions: PipeConditions;
  readonly #onWritable: () => void;
  readonly #items: PipeItem[] = [];
  #phase: PipePhase = { kind: "open" };
  #underWayBytes = 0;
  #isWriterWaiting = false;
  #isPumpPlanned = false;
  #lastDueAtMs = 0;

  constructor(clock: Clock, conditions: PipeConditions, onWritable: () => void) {
    this.#clock = clock;
    this.#conditions = conditions;
    this.#onWritable = onWritable;
  }

  get underWayBytes(): number {
    return this.#underWayBytes;
  }

  receive(receiver: PipeReceiver): void {
    assert(this.#phase.kind !== "receiving", "a pipe has one receiver");
    if (this.#phase.kind === "open") this.#phase = { kind: "receiving", receiver };
    this.resume();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#phase.kind === "closed") return false;
    const dueAtMs = this.#nextDueAtMs();
    for (const piece of this.#conditions.piecesOf(bytes)) {
      if (piece === "broken") {
        this.#items.push({ kind: "broken", dueAtMs });
        continue;
      }
      this.#items.push({ kind: "bytes", bytes: piece, dueAtMs });
      this.#underWayBytes += piece.byteLength;
    }
    this.resume();
    this.#isWriterWaiting = this.#underWayBytes >= BYTES_UNDER_WAY_MAX;
    return !this.#isWriterWaiting;
  }

  end(): void {
    if (this.#phase.kind === "closed") return;
    this.#items.push({ kind: "end", dueAtMs: this.#nextDueAtMs() });
    this.resume();
  }

  /** Nothing arrives any more. */
  close(): void {
    this.#phase = CLOSED;
    this.#items.length = 0;
    this.#underWayBytes = 0;
  }

  /** The network may move again. */
  resume(): void {
    const head = this.#items[0];
    if (head === undefined || this.#isPumpPlanned || this.#phase.kind !== "receiving") return;
    if (this.#conditions.isStalled()) return;
    this.#isPumpPlanned = true;
    const waitMs = head.dueAtMs - this.#clock.nowMs();
    if (waitMs > 0) this.#clock.setTimer(waitMs, this.#pump);
    else this.#clock.defer(this.#pump);
  }

  readonly #pump = (): void => {
    this.#isPumpPlanned = false;
    const nowMs = this.#clock.nowMs();
    for (;;) {
      const head = this.#items[0];
      if (head === undefined || head.dueAtMs > nowMs || this.#phase.kind !== "receiving") break;
      if (this.#conditions.isStalled()) return;
      this.#items.shift();
      this.#deliver(head, this.#phase.receiver);
    }
    this.resume();
    if (this.#isWriterWaiting && this.#underWayBytes < BYTES_UNDER_WAY_MAX) {
      this.#isWriterWaiting = false;
      this.#onWritable();
    }
  };

  #deliver(item: PipeItem, receiver: PipeReceiver): void {
    switch (item.kind) {
      case "bytes":
        this.#underWayBytes -= item.bytes.byteLength;
        receiver.onData(item.bytes);
        return;
      case "broken":
        receiver.onBroken();
        return;
      case "end":
        receiver.onEnd();
    }
  }

  /** A connection keeps order: nothing overtakes what was written before it. */
  #nextDueAtMs(): number {
    this.#lastDueAtMs = Math.max(this.#lastDueAtMs, this.#clock.nowMs() + this.#conditions.delayMs());
    return this.#lastDueAtMs;
  }
}
