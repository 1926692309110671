import { assert, type Random } from "@aspenjs/api";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import type { Ratio } from "./ratio.ts";

const BOUND_MAX = 2 ** 32;

/**
 * Dice that a seed decides. Every subsystem draws from a child of its own, named by what it is for: one more draw in
 * one of them leaves the others as they were. Whole numbers only, so that every machine and Node draws the same.
 */
export class SeededRandom implements Random {
  readonly #seed: number;
  readonly #generator: RandomGenerator;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.#generator = xoroshiro128plus(this.#seed);
  }

  child(label: string): SeededRandom {
    return new SeededRandom(childSeed(this.#seed, label));
  }

  below(bound: number): number {
    assert(Number.isInteger(bound) && bound >= 1 && bound <= BOUND_MAX, "a bound is from 1 to 2^32");
    // What lies behind the last whole multiple would favour small numbers.
    const fair = BOUND_MAX - (BOUND_MAX % bound);
    for (;;) {
      const drawn = this.#generator.next() >>> 0;
      if (drawn < fair) return drawn % bound;
    }
  }

  bytes(byteLength: number): Uint8Array {
    return Uint8Array.from({ length: byteLength }, () => this.below(256));
  }

  /** Both ends included. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  chance({ numerator, denominator }: Ratio): boolean {
    return numerator > 0 && this.below(denominator) < numerator;
  }

  pick<Item>(items: readonly Item[]): Item {
    assert(items.length > 0, "one of nothing cannot be picked");
    return items[this.below(items.length)] as Item;
  }

  shuffled<Item>(items: readonly Item[]): readonly Item[] {
    const order = [...items];
    for (let position = order.length - 1; position > 0; position -= 1) {
      const other = this.below(position + 1);
      [order[position], order[other]] = [order[other] as Item, order[position] as Item];
    }
    return order;
  }
}

/** FNV-1a over the label, started from the seed, then mixed so that neighbours have nothing in common. */
function childSeed(seed: number, label: string): number {
  let hash = (seed ^ 0x811c9dc5) >>> 0;
  for (let position = 0; position < label.length; position += 1) {
    hash = Math.imul(hash ^ label.charCodeAt(position), 0x01000193) >>> 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) >>> 0;
  return (hash ^ (hash >>> 16)) >>> 0;
}
