/** A small generator (splitmix32): one seed, one sequence, on every machine. */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** An integer from 0 to 2^32 - 1. */
  next(): number {
    this.#state = (this.#state + 0x9e37_79b9) | 0;
    let mixed = this.#state ^ (this.#state >>> 16);
    mixed = Math.imul(mixed, 0x21f0_aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a_2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }

  /** An integer from 0 to `bound - 1`; 0 when there is no such integer. */
  below(bound: number): number {
    return bound <= 1 ? 0 : this.next() % bound;
  }

  isOneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  pick<Choice>(choices: readonly [Choice, ...Choice[]]): Choice {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  bytes(byteLength: number): Uint8Array {
    return Uint8Array.from({ length: byteLength }, () => this.next() & 0xff);
  }
}
