/** Items in the order of a comparison in which no two of them are equal. Places are found by halving. */
export class SortedList<Item> {
  #items: Item[] = [];
  readonly #compare: (left: Item, right: Item) => number;

  constructor(compare: (left: Item, right: Item) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.length;
  }

  at(position: number): Item | undefined {
    return this.#items[position];
  }

  slice(from: number, to: number): Item[] {
    return this.#items.slice(from, to);
  }

  /** Where the item is, or would be. */
  position(item: Item): number {
    return this.partitionPoint((candidate) => this.#compare(candidate, item) < 0);
  }

  /** Position of the first item that is not `isBefore`; the items must be partitioned by it. */
  partitionPoint(isBefore: (item: Item, position: number) => boolean): number {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const item = this.#items[middle];
      if (item !== undefined && isBefore(item, middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  insert(item: Item): void {
    this.#items.splice(this.position(item), 0, item);
  }

  delete(item: Item): void {
    this.#items.splice(this.position(item), 1);
  }

  /** The items come in order. A run without others between goes in at once: one by one would be quadratic. */
  insertAll(items: readonly Item[]): void {
    const [first, last] = [items[0], items.at(-1)];
    if (first === undefined || last === undefined) return;
    const position = this.position(first);
    if (this.position(last) === position) {
      this.#items = this.#items.slice(0, position).concat(items, this.#items.slice(position));
    } else for (const item of items) this.insert(item);
  }

  /** The items are there and come in order. A run without others between goes at once. */
  deleteAll(items: readonly Item[]): void {
    const [first, last] = [items[0], items.at(-1)];
    if (first === undefined || last === undefined) return;
    const position = this.position(first);
    if (this.position(last) === position + items.length - 1) this.#items.splice(position, items.length);
    else for (const item of items) this.delete(item);
  }
}
