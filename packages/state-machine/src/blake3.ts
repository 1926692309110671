import { createBLAKE3, type IHasher } from "hash-wasm";

export const BLAKE3_BYTES = 32;
/** Small pieces are gathered first: each call into WebAssembly costs more than hashing a few hundred bytes. */
const BUFFER_BYTES = 65_536;

/** BLAKE3 over pieces of any size. */
export class Blake3 {
  readonly #hasher: IHasher;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #buffered = 0;

  private constructor(hasher: IHasher) {
    this.#hasher = hasher;
  }

  static async create(): Promise<Blake3> {
    return new Blake3((await createBLAKE3()).init());
  }

  static async digestOf(chunks: Iterable<Uint8Array>): Promise<Uint8Array> {
    const hash = await Blake3.create();
    for (const chunk of chunks) hash.update(chunk);
    return hash.digest();
  }

  update(bytes: Uint8Array): void {
    if (this.#buffered + bytes.byteLength > BUFFER_BYTES) this.#drain();
    if (bytes.byteLength > BUFFER_BYTES) {
      this.#hasher.update(bytes);
    } else {
      this.#buffer.set(bytes, this.#buffered);
      this.#buffered += bytes.byteLength;
    }
  }

  /** The end: nothing may be added afterwards. */
  digest(): Uint8Array {
    this.#drain();
    return this.#hasher.digest("binary");
  }

  #drain(): void {
    this.#hasher.update(this.#buffer.subarray(0, this.#buffered));
    this.#buffered = 0;
  }
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
