import { at } from "./assert.ts";

const BITS_PER_WORD = 32;

/** A set of operation numbers with a hash that is kept up to date (Zobrist 1970). */
export class OperationSet {
  readonly words: Int32Array;
  readonly #codes: Int32Array;
  #hash = 0;

  constructor(size: number) {
    this.words = new Int32Array(Math.ceil(size / BITS_PER_WORD));
    this.#codes = Int32Array.from({ length: size }, (_, number) => mixed(number + 1));
  }

  get hash(): number {
    return this.#hash;
  }

  has(number: number): boolean {
    return (at(this.words, number >>> 5) & (1 << (number & 31))) !== 0;
  }

  /** Puts in what is not there and takes out what is. */
  toggle(number: number): void {
    const word = number >>> 5;
    this.words[word] = at(this.words, word) ^ (1 << (number & 31));
    this.#hash ^= at(this.#codes, number);
  }
}

/** Spreads a number over 32 bits, so that sets of neighbours do not collide. */
export function mixed(number: number): number {
  let bits = Math.imul(number ^ (number >>> 16), 0x7feb352d);
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
  return bits ^ (bits >>> 16);
}
