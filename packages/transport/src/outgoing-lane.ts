import { assert } from "@aspenjs/api";
import type { FrameBuffer } from "./frame-buffer.ts";
import type { FrameKind } from "./frame-kind.ts";

/** One body on its way in fragments: all but the last travel as `partKind`, the last one as `finalKind`. */
export interface LaneItem {
  readonly partKind: FrameKind;
  readonly finalKind: FrameKind;
  readonly id: number;
  readonly body: Uint8Array;
}

/**
 * What must keep its own order and may be long: the rest of a big body, the messages of one protocol behind a big
 * one, the chunks of one stream. The queue takes one fragment from each lane in turn.
 */
export class OutgoingLane {
  readonly #items: LaneItem[] = [];
  readonly #fragmentBytesMax: number;
  readonly #onFilled: (lane: OutgoingLane, addedBytes: number) => void;
  #headOffset = 0;
  #byteLength = 0;
  /** Kept by the queue: whether the lane stands in its round. */
  isScheduled = false;

  constructor(fragmentBytesMax: number, onFilled: (lane: OutgoingLane, addedBytes: number) => void) {
    this.#fragmentBytesMax = fragmentBytesMax;
    this.#onFilled = onFilled;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** The body must not change until it was sent. */
  push(item: LaneItem): void {
    this.#items.push(item);
    this.#byteLength += item.body.byteLength;
    this.#onFilled(this, item.body.byteLength);
  }

  /** Moves one fragment into the buffer and returns how many bytes of body that took. */
  writeFragment(buffer: FrameBuffer): number {
    const item = this.#items[0];
    assert(item !== undefined, "only a lane with items is asked for a fragment");
    const end = Math.min(this.#headOffset + this.#fragmentBytesMax, item.body.byteLength);
    const isLast = end === item.body.byteLength;
    const fragment = item.body.subarray(this.#headOffset, end);
    buffer.writeFrame(isLast ? item.finalKind : item.partKind, item.id, fragment);
    this.#byteLength -= fragment.byteLength;
    this.#headOffset = isLast ? 0 : end;
    if (isLast) this.#items.shift();
    return fragment.byteLength;
  }

  /** Forgets what was not sent and returns how many bytes that was. */
  clear(): number {
    const byteLength = this.#byteLength;
    this.#items.length = 0;
    this.#headOffset = 0;
    this.#byteLength = 0;
    return byteLength;
  }
}
