import { VARINT_BYTES_MAX, VARINT_MALFORMED, VARINT_TRUNCATED } from "./varint.ts";

/** Reads from bytes in order. One cursor is used again for every frame: the hot path allocates nothing. */
export class ByteCursor {
  #bytes: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #end = 0;

  reset(bytes: Uint8Array, offset = 0, end = bytes.byteLength): void {
    this.#bytes = bytes;
    this.#offset = offset;
    this.#end = end;
  }

  get offset(): number {
    return this.#offset;
  }

  /** The next varint, or `VARINT_TRUNCATED` or `VARINT_MALFORMED`, both negative. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let index = 0; index < VARINT_BYTES_MAX; index += 1) {
      if (this.#offset >= this.#end) return VARINT_TRUNCATED;
      const byte = this.#bytes[this.#offset] ?? 0;
      this.#offset += 1;
      value += (byte & 127) * scale;
      if (byte < 128) return byte === 0 && index > 0 ? VARINT_MALFORMED : value;
      scale *= 128;
    }
    return VARINT_MALFORMED;
  }

  /** Everything that was not read, as a view. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#offset, this.#end);
  }
}
