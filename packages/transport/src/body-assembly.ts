const BUFFER_BYTES_MIN = 4_096;
const NO_BYTES = new Uint8Array(0);

/** A body that arrives in fragments. However small the fragments, it holds at most about twice their bytes. */
export class BodyAssembly {
  #buffer: Uint8Array = NO_BYTES;
  #byteLength = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  add(fragment: Uint8Array): void {
    const byteLength = this.#byteLength + fragment.byteLength;
    if (byteLength > this.#buffer.byteLength) {
      const grown = new Uint8Array(Math.max(byteLength, this.#buffer.byteLength * 2, BUFFER_BYTES_MIN));
      grown.set(this.#buffer.subarray(0, this.#byteLength));
      this.#buffer = grown;
    }
    this.#buffer.set(fragment, this.#byteLength);
    this.#byteLength = byteLength;
  }

  body(): Uint8Array {
    return this.#buffer.subarray(0, this.#byteLength);
  }
}
