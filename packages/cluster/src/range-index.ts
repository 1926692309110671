import { assert, compareKeys } from "@aspenjs/api";

/** The keys from here to the next segment, and who hears of them. */
interface Segment<Watcher> {
  readonly start: string;
  /** Ranges that begin or end here. */
  bounds: number;
  readonly watchers: Set<Watcher>;
}

/**
 * Who hears of a key, of those that watch ranges. The bounds of all ranges cut the keys into segments: a look-up is one
 * binary search and the matching watchers; adding a range costs the segments that it covers.
 */
export class RangeIndex<Watcher> {
  /** In key order. What lies before the first belongs to nobody. */
  readonly #segments: Segment<Watcher>[] = [];

  /** From `start`, included, to `end`, excluded, which lies behind it. A watcher is in here once. */
  add(start: string, end: string, watcher: Watcher): void {
    this.#bound(start);
    this.#bound(end);
    for (const segment of this.#segmentsOf(start, end)) segment.watchers.add(watcher);
  }

  remove(start: string, end: string, watcher: Watcher): void {
    for (const segment of this.#segmentsOf(start, end)) segment.watchers.delete(watcher);
    this.#unbound(start);
    this.#unbound(end);
  }

  forEachMatch(key: string, tell: (watcher: Watcher) => void): void {
    this.#segments[this.#positionBehind(key) - 1]?.watchers.forEach(tell);
  }

  sets(): Set<Watcher>[] {
    return this.#segments.map((segment) => segment.watchers);
  }

  #segmentsOf(start: string, end: string): Segment<Watcher>[] {
    return this.#segments.slice(this.#positionBehind(start) - 1, this.#positionBehind(end) - 1);
  }

  #bound(at: string): void {
    const position = this.#positionBehind(at);
    const before = this.#segments[position - 1];
    if (before?.start === at) before.bounds += 1;
    else this.#segments.splice(position, 0, { start: at, bounds: 1, watchers: new Set(before?.watchers) });
  }

  /** Where no range begins or ends any more, those on both sides are the same. */
  #unbound(at: string): void {
    const position = this.#positionBehind(at) - 1;
    const segment = this.#segments[position];
    assert(segment?.start === at, "a range that is removed was added");
    segment.bounds -= 1;
    if (segment.bounds === 0) this.#segments.splice(position, 1);
  }

  /** Of the first segment that begins behind the key. */
  #positionBehind(key: string): number {
    let from = 0;
    let to = this.#segments.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      const segment = this.#segments[middle];
      if (segment !== undefined && compareKeys(segment.start, key) <= 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
