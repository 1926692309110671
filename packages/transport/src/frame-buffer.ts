import { varintByteLength, writeVarint } from "./varint.ts";
import type { FrameKind } from "./frame-kind.ts";

const SLAB_BYTES_MIN = 1_024;
/** One write is one slab. More than this in one turn becomes a second write. */
const SLAB_BYTES_MAX = 256 * 1_024;

const NO_BYTES = new Uint8Array(0);
const NO_FIELD = -1;

/**
 * Frames in the order in which they were written, one behind the other. A frame never spans two slabs, so what
 * `take` returns always starts and ends with a whole frame.
 */
export class FrameBuffer {
  readonly #full: Uint8Array[] = [];
  #slab: Uint8Array = NO_BYTES;
  #filledBytes = 0;
  #slabBytesNext = SLAB_BYTES_MIN;
  #byteLength = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  /** Of the slab that the next `take` would return. */
  get headByteLength(): number {
    return this.#full[0]?.byteLength ?? this.#filledBytes;
  }

  /** Copies one frame: up to two varint fields, then the body. Returns its length with the length prefix. */
  writeFrame(kind: FrameKind, id: number, body: Uint8Array = NO_BYTES, first = NO_FIELD, second = NO_FIELD): number {
    const fieldBytes = fieldByteLength(first) + fieldByteLength(second);
    const frameBytes = 1 + varintByteLength(id) + fieldBytes + body.byteLength;
    const totalBytes = varintByteLength(frameBytes) + frameBytes;
    this.#reserve(totalBytes);
    const slab = this.#slab;
    let at = writeVarint(slab, this.#filledBytes, frameBytes);
    slab[at] = kind;
    at = writeVarint(slab, at + 1, id);
    if (first !== NO_FIELD) at = writeVarint(slab, at, first);
    if (second !== NO_FIELD) at = writeVarint(slab, at, second);
    slab.set(body, at);
    this.#filledBytes += totalBytes;
    this.#byteLength += totalBytes;
    return totalBytes;
  }

  /** The oldest slab; the caller owns it. */
  take(): Uint8Array | undefined {
    const head = this.#full.shift() ?? this.#closeSlab();
    if (head !== undefined) this.#byteLength -= head.byteLength;
    return head;
  }

  clear(): void {
    this.#full.length = 0;
    this.#slab = NO_BYTES;
    this.#filledBytes = 0;
    this.#byteLength = 0;
  }

  #reserve(byteLength: number): void {
    const neededBytes = this.#filledBytes + byteLength;
    if (neededBytes <= this.#slab.byteLength) return;
    if (this.#filledBytes === 0 || neededBytes <= SLAB_BYTES_MAX) {
      const grown = new Uint8Array(Math.max(neededBytes, this.#slab.byteLength * 2, this.#slabBytesNext));
      grown.set(this.#slab.subarray(0, this.#filledBytes));
      this.#slab = grown;
      return;
    }
    const closed = this.#closeSlab();
    if (closed !== undefined) this.#full.push(closed);
    this.#slab = new Uint8Array(Math.max(byteLength, this.#slabBytesNext));
  }

  #closeSlab(): Uint8Array | undefined {
    if (this.#filledBytes === 0) return undefined;
    const closed = this.#slab.subarray(0, this.#filledBytes);
    // The next turn usually brings about as much as this one: growing step by step would copy it again and again.
    this.#slabBytesNext = Math.min(SLAB_BYTES_MAX, Math.max(SLAB_BYTES_MIN, this.#filledBytes + SLAB_BYTES_MIN));
    this.#slab = NO_BYTES;
    this.#filledBytes = 0;
    return closed;
  }
}

function fieldByteLength(field: number): number {
  return field === NO_FIELD ? 0 : varintByteLength(field);
}
