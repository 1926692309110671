/**
 * Everything that waits to be written to one link.
 *
 * Invariants (SPEC.md):
 *   Q1  All frames of one turn of the event loop leave in one write: a write costs far more than a frame.
 *   Q2  A small frame waits for at most one write's worth of the lanes' fragments.
 *   Q3  Lanes take turns fragment by fragment, and each write has at least one fragment: nothing starves.
 *   Q4  What waits is bounded by `outgoingBytesMax`, with control frames by `controlBytesMax` more.
 *   Q5  A link that is not writable gets nothing but a last goodbye.
 */
import type { Clock } from "@aspenjs/api";
import { FrameBuffer } from "./frame-buffer.ts";
import type { FrameKind } from "./frame-kind.ts";
import type { TransportLimits } from "./limits.ts";
import { OutgoingLane } from "./outgoing-lane.ts";
import type { SessionLink } from "./session-link.ts";

export class OutgoingQueue {
  readonly #link: SessionLink;
  readonly #clock: Clock;
  readonly #limits: TransportLimits;
  readonly #onOverflow: () => void;
  readonly #buffer = new FrameBuffer();
  readonly #round: OutgoingLane[] = [];
  #laneBytes = 0;
  #heldBytes = 0;
  #isWritable = true;
  #isFlushPlanned = false;
  #isClosed = false;

  constructor(link: SessionLink, clock: Clock, limits: TransportLimits, onOverflow: () => void) {
    this.#link = link;
    this.#clock = clock;
    this.#limits = limits;
    this.#onOverflow = onOverflow;
  }

  get queuedBytes(): number {
    return this.#buffer.byteLength + this.#laneBytes + this.#heldBytes;
  }

  hasRoom(byteLength: number): boolean {
    return !this.#isClosed && this.queuedBytes + byteLength <= this.#limits.outgoingBytesMax;
  }

  /** For a frame whose room was asked for with `hasRoom`. The body is copied. */
  write(kind: FrameKind, id: number, body?: Uint8Array, first?: number, second?: number): void {
    if (this.#isClosed) return;
    this.#buffer.writeFrame(kind, id, body, first, second);
    this.#planFlush();
  }

  /** For what the protocol owes the peer. Beyond the reserve the peer evidently does not read, and the session ends. */
  writeControl(kind: FrameKind, id: number, body?: Uint8Array, first?: number): void {
    if (this.queuedBytes > this.#limits.outgoingBytesMax + this.#limits.controlBytesMax) {
      if (!this.#isClosed) this.#onOverflow();
      return;
    }
    this.write(kind, id, body, first);
  }

  /** Counts bytes that wait elsewhere, such as chunks without credit, against the same bound. */
  hold(byteLength: number): void {
    this.#heldBytes += byteLength;
  }

  release(byteLength: number): void {
    this.#heldBytes -= byteLength;
  }

  openLane(): OutgoingLane {
    return new OutgoingLane(this.#limits.fragmentBytesMax, this.#onLaneFilled);
  }

  clearLane(lane: OutgoingLane): void {
    this.#laneBytes -= lane.clear();
  }

  onWritable(): void {
    if (this.#isClosed) return;
    this.#isWritable = true;
    this.#flush();
  }

  /**
   * Writes the small frames that wait, as far as the link takes them, then this one, and takes nothing more. Every
   * write ends with a whole frame, so the last one is readable whatever was dropped before it.
   */
  close(kind: FrameKind, body: Uint8Array): void {
    if (this.#isClosed) return;
    while (this.#isWritable) {
      const waiting = this.#buffer.take();
      if (waiting === undefined) break;
      this.#isWritable = this.#link.write(waiting);
    }
    this.#buffer.clear();
    this.#buffer.writeFrame(kind, 0, body);
    const last = this.#buffer.take();
    this.discard();
    if (last !== undefined) this.#link.write(last);
  }

  discard(): void {
    this.#isClosed = true;
    this.#buffer.clear();
    for (const lane of this.#round) lane.clear();
    this.#round.length = 0;
    this.#laneBytes = 0;
  }

  readonly #onLaneFilled = (lane: OutgoingLane, addedBytes: number): void => {
    if (this.#isClosed) {
      lane.clear();
      return;
    }
    this.#laneBytes += addedBytes;
    if (!lane.isScheduled) {
      lane.isScheduled = true;
      this.#round.push(lane);
    }
    this.#planFlush();
  };

  #planFlush(): void {
    if (this.#isFlushPlanned || !this.#isWritable) return;
    this.#isFlushPlanned = true;
    this.#clock.defer(this.#runPlannedFlush);
  }

  readonly #runPlannedFlush = (): void => {
    this.#isFlushPlanned = false;
    this.#flush();
  };

  #flush(): void {
    if (this.#isClosed || !this.#isWritable) return;
    this.#fillFromLanes();
    const bytes = this.#buffer.take();
    if (bytes === undefined) return;
    this.#isWritable = this.#link.write(bytes);
    // The rest waits for the next turn, so that what is small and new gets in front of it.
    if (this.queuedBytes > 0 || this.#round.length > 0) this.#planFlush();
  }

  /** At least one fragment each time, however much small traffic there is. */
  #fillFromLanes(): void {
    do {
      const lane = this.#round.shift();
      if (lane === undefined) return;
      if (!lane.isEmpty) this.#laneBytes -= lane.writeFragment(this.#buffer);
      if (lane.isEmpty) lane.isScheduled = false;
      else this.#round.push(lane);
    } while (this.#buffer.headByteLength < this.#limits.writeBytesTarget);
  }
}
