import { textOf } from "./text-bytes.ts";

/**
 * Reads a typed value out of any bytes, for gates that take values: each question takes some bytes, and when they have
 * run out the answers are the smallest ones.
 */
export class ByteSource {
  readonly #bytes: Uint8Array;
  #next = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.byteLength - this.#next;
  }

  byte(): number {
    const byte = this.#bytes[this.#next] ?? 0;
    this.#next = Math.min(this.#bytes.byteLength, this.#next + 1);
    return byte;
  }

  isSet(): boolean {
    return this.byte() % 2 === 1;
  }

  /** One of the choices. */
  pick<Choice>(choices: readonly [Choice, ...Choice[]]): Choice {
    return choices[this.byte() % choices.length] ?? choices[0];
  }

  /** Small numbers mostly, and every edge that a gate for numbers could have forgotten. */
  number(): number {
    const byte = this.byte();
    const edges = [-1, 0.5, Number.NaN, Infinity, -0, 2 ** 31, 2 ** 53 - 1, 2 ** 53];
    if (byte < 200) return byte;
    return byte < 208 ? (edges[byte - 200] ?? 0) : (byte - 208) * 256 + this.byte();
  }

  bytes(): Uint8Array {
    const byteLength = this.#byteLength();
    const start = this.#next;
    this.#next = Math.min(this.#bytes.byteLength, start + byteLength);
    return this.#bytes.slice(start, this.#next);
  }

  text(): string {
    return textOf(this.bytes());
  }

  list<Item>(readItem: (source: ByteSource) => Item): Item[] {
    const length = this.byte() % 8;
    return Array.from({ length }, () => readItem(this));
  }

  /** Below 128 the length itself; above, with a second byte, up to what a long key has. */
  #byteLength(): number {
    const first = this.byte();
    return first < 128 ? first : (first - 128) * 256 + this.byte();
  }
}
