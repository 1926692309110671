import { assert, type Random } from "@aspenjs/api";

/** A small generator (xorshift over 32 bits): the same seed gives the same workload on every machine. */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    // Zero is the one state that xorshift never leaves.
    this.#state = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) >>> 0 || 1;
  }

  below(bound: number): number {
    assert(bound >= 1 && bound <= 2 ** 32, `bound ${bound} is not in 1..2^32`);
    return Math.floor((this.#next() / 2 ** 32) * bound);
  }

  bytes(byteLength: number): Uint8Array {
    return Uint8Array.from({ length: byteLength }, () => this.below(256));
  }

  #next(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;
    return this.#state;
  }
}
