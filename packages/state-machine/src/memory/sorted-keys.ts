import { compareKeys } from "@aspenjs/api";
import type { KeyBounds } from "../key-range.ts";

/** A block that grows beyond this is cut in two. Small enough to shift fast, large enough to keep blocks few. */
const BLOCK_KEYS_MAX = 512;

interface Position {
  readonly block: number;
  readonly offset: number;
}

/** A set of keys in the order of their UTF-8 bytes: sorted blocks, of which only one shifts at each change. Bounds are in order. */
export class SortedKeys {
  /** Never empty; no block is, unless it is the only one. */
  readonly #blocks: string[][] = [[]];

  /** The key must not be there yet. */
  add(key: string): void {
    const { block, offset } = this.#positionOf(key);
    const keys = this.#block(block);
    keys.splice(offset, 0, key);
    if (keys.length > BLOCK_KEYS_MAX) this.#blocks.splice(block + 1, 0, keys.splice(BLOCK_KEYS_MAX / 2));
  }

  /** The key must be there. */
  delete(key: string): void {
    const { block, offset } = this.#positionOf(key);
    const keys = this.#block(block);
    keys.splice(offset, 1);
    if (keys.length === 0 && this.#blocks.length > 1) this.#blocks.splice(block, 1);
  }

  count(bounds: KeyBounds): number {
    const start = this.#positionOf(bounds.lower);
    const end = this.#endOf(bounds);
    if (start.block === end.block) return end.offset - start.offset;
    let count = this.#block(start.block).length - start.offset + end.offset;
    for (let block = start.block + 1; block < end.block; block += 1) count += this.#block(block).length;
    return count;
  }

  *ascending(bounds: KeyBounds): Generator<string> {
    const end = this.#endOf(bounds);
    let { block, offset } = this.#positionOf(bounds.lower);
    for (; block <= end.block; block += 1, offset = 0) {
      const keys = this.#block(block);
      const last = block === end.block ? end.offset : keys.length;
      for (; offset < last; offset += 1) yield keys[offset] ?? "";
    }
  }

  *descending(bounds: KeyBounds): Generator<string> {
    const start = this.#positionOf(bounds.lower);
    const end = this.#endOf(bounds);
    for (let block = end.block; block >= start.block; block -= 1) {
      const keys = this.#block(block);
      const first = block === start.block ? start.offset : 0;
      for (let offset = (block === end.block ? end.offset : keys.length) - 1; offset >= first; offset -= 1) {
        yield keys[offset] ?? "";
      }
    }
  }

  #endOf({ upper }: KeyBounds): Position {
    if (upper !== undefined) return this.#positionOf(upper);
    const block = this.#blocks.length - 1;
    return { block, offset: this.#block(block).length };
  }

  /** Where the key is, or would be: in the first block whose last key is not below it, else at the very end. */
  #positionOf(key: string): Position {
    const block = lowest(this.#blocks.length - 1, (candidate) => compareKeys(this.#lastOf(candidate), key) >= 0);
    const keys = this.#block(block);
    return { block, offset: lowest(keys.length, (candidate) => compareKeys(keys[candidate] ?? "", key) >= 0) };
  }

  #lastOf(block: number): string {
    return this.#block(block).at(-1) ?? "";
  }

  #block(block: number): string[] {
    return this.#blocks[block] ?? [];
  }
}

/** The lowest number below `end` of which the test holds, or `end`. Once it holds it must hold for all above. */
function lowest(end: number, holds: (candidate: number) => boolean): number {
  let low = 0;
  let high = end;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
