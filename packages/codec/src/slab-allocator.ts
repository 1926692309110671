const MEMORY_OF_ITS_OWN = 1 / 2;

/**
 * Memory for short rows, many of them in one slab: memory of their own costs more than their bytes do. A slab lives as
 * long as any of its rows, so its size bounds what a row that stays can keep alive.
 */
export class SlabAllocator {
  readonly #slabBytes: number;
  #slab = new Uint8Array();
  #taken = 0;

  constructor(slabBytes: number) {
    this.#slabBytes = slabBytes;
  }

  /** @returns zeros that nobody else has been given */
  take(byteLength: number): Uint8Array<ArrayBuffer> {
    if (byteLength > this.#slabBytes * MEMORY_OF_ITS_OWN) return new Uint8Array(byteLength);
    if (this.#taken + byteLength > this.#slab.byteLength) {
      this.#slab = new Uint8Array(this.#slabBytes);
      this.#taken = 0;
    }
    const bytes = new Uint8Array(this.#slab.buffer, this.#taken, byteLength);
    this.#taken += byteLength;
    return bytes;
  }
}
