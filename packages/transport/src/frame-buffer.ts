import { varintByteLength, writeVarint } from "./varint.ts";
import type { FrameKind } from "./frame-kind.ts";

const SLAB_BYTES_MIN = 4 * 1_024;
/** One write is one part of a slab. More than this in one turn becomes a second write. */
const SLAB_BYTES_MAX = 256 * 1_024;
/** So many turns like the last one are to find room in a new slab. */
const TURNS_PER_SLAB = 4;

const NO_BYTES = new Uint8Array(0);
const NO_FIELD = -1;

/**
 * Frames in the order in which they were written, one behind the other. A frame never spans two slabs, so what
 * `take` returns always starts and ends with a whole frame. A slab serves several turns: its filled part is given away,
 * and what lies behind it is written next.
 */
export class FrameBuffer {
  readonly #full: Uint8Array[] = [];
  #slab: Uint8Array = NO_BYTES;
  /** Before this everything is given away. */
  #firstByte = 0;
  #endByte = 0;
  #slabBytesNext = SLAB_BYTES_MIN;
  #byteLength = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  /** Of the slab that the next `take` would return. */
  get headByteLength(): number {
    return this.#full[0]?.byteLength ?? this.#endByte - this.#firstByte;
  }

  /** Copies one frame: up to two varint fields, then the body. Returns its length with the length prefix. */
  writeFrame(kind: FrameKind, id: number, body: Uint8Array = NO_BYTES, first = NO_FIELD, second = NO_FIELD): number {
    const fieldBytes = fieldByteLength(first) + fieldByteLength(second);
    const frameBytes = 1 + varintByteLength(id) + fieldBytes + body.byteLength;
    const totalBytes = varintByteLength(frameBytes) + frameBytes;
    this.#reserve(totalBytes);
    const slab = this.#slab;
    let at = writeVarint(slab, this.#endByte, frameBytes);
    slab[at] = kind;
    at = writeVarint(slab, at + 1, id);
    if (first !== NO_FIELD) at = writeVarint(slab, at, first);
    if (second !== NO_FIELD) at = writeVarint(slab, at, second);
    slab.set(body, at);
    this.#endByte += totalBytes;
    this.#byteLength += totalBytes;
    return totalBytes;
  }

  /** The oldest part; the caller owns it. */
  take(): Uint8Array | undefined {
    const head = this.#full.shift() ?? this.#closePart();
    if (head !== undefined) this.#byteLength -= head.byteLength;
    return head;
  }

  clear(): void {
    this.#full.length = 0;
    this.#useSlab(NO_BYTES);
    this.#byteLength = 0;
  }

  #reserve(byteLength: number): void {
    if (this.#endByte + byteLength <= this.#slab.byteLength) return;
    const open = this.#slab.subarray(this.#firstByte, this.#endByte);
    const neededBytes = open.byteLength + byteLength;
    if (open.byteLength > 0 && neededBytes > SLAB_BYTES_MAX) {
      this.#full.push(open);
      this.#useSlab(new Uint8Array(Math.max(byteLength, this.#slabBytesNext)));
      return;
    }
    const grown = new Uint8Array(Math.max(neededBytes, open.byteLength * 2, this.#slabBytesNext));
    grown.set(open);
    this.#useSlab(grown);
    this.#endByte = open.byteLength;
  }

  #closePart(): Uint8Array | undefined {
    const filledBytes = this.#endByte - this.#firstByte;
    if (filledBytes === 0) return undefined;
    const part = this.#slab.subarray(this.#firstByte, this.#endByte);
    this.#firstByte = this.#endByte;
    this.#slabBytesNext = Math.min(SLAB_BYTES_MAX, Math.max(SLAB_BYTES_MIN, filledBytes * TURNS_PER_SLAB));
    // The next turn usually brings about as much as this one: what would not fit behind it would be copied.
    if (this.#slab.byteLength - this.#endByte < filledBytes) this.#useSlab(NO_BYTES);
    return part;
  }

  #useSlab(slab: Uint8Array): void {
    this.#slab = slab;
    this.#firstByte = 0;
    this.#endByte = 0;
  }
}

function fieldByteLength(field: number): number {
  return field === NO_FIELD ? 0 : varintByteLength(field);
}
