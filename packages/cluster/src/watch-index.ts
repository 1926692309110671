/**
 * Who hears of a key: a look-up costs what the matching watches cost, and a step for each length of prefix that anybody
 * watches, however many watches there are.
 */
import { compareKeys, type WatchFilter } from "@aspenjs/api";
import { RangeIndex } from "./range-index.ts";

export class WatchIndex<Watcher> {
  readonly #byKey = new Map<string, Set<Watcher>>();
  readonly #byPrefix = new Map<string, Set<Watcher>>();
  /** How many watched prefixes there are of each length in UTF-16 units. */
  readonly #prefixLengths = new Map<number, number>();
  readonly #byRange = new RangeIndex<Watcher>();
  /** Of ranges that no key can be in. */
  readonly #ofNothing = new Set<Watcher>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** A watcher is in here once, with one filter. */
  add(filter: WatchFilter, watcher: Watcher): void {
    this.#size += 1;
    switch (filter.kind) {
      case "key":
        addTo(this.#byKey, filter.key, watcher);
        return;
      case "prefix":
        if (addTo(this.#byPrefix, filter.prefix, watcher)) this.#countLength(filter.prefix.length, 1);
        return;
      case "range":
        if (isEmptyRange(filter)) this.#ofNothing.add(watcher);
        else this.#byRange.add(filter.start, filter.end, watcher);
    }
  }

  remove(filter: WatchFilter, watcher: Watcher): void {
    this.#size -= 1;
    switch (filter.kind) {
      case "key":
        removeFrom(this.#byKey, filter.key, watcher);
        return;
      case "prefix":
        if (removeFrom(this.#byPrefix, filter.prefix, watcher)) this.#countLength(filter.prefix.length, -1);
        return;
      case "range":
        if (isEmptyRange(filter)) this.#ofNothing.delete(watcher);
        else this.#byRange.remove(filter.start, filter.end, watcher);
    }
  }

  /** All of them, each once. */
  watchers(): Watcher[] {
    const sets = [...this.#byKey.values(), ...this.#byPrefix.values(), ...this.#byRange.sets(), this.#ofNothing];
    return [...new Set(sets.flatMap((set) => [...set]))];
  }

  forEachMatch(key: string, tell: (watcher: Watcher) => void): void {
    this.#byKey.get(key)?.forEach(tell);
    for (const length of this.#prefixLengths.keys()) {
      if (length <= key.length) this.#byPrefix.get(key.slice(0, length))?.forEach(tell);
    }
    this.#byRange.forEachMatch(key, tell);
  }

  #countLength(length: number, by: 1 | -1): void {
    const count = (this.#prefixLengths.get(length) ?? 0) + by;
    if (count === 0) this.#prefixLengths.delete(length);
    else this.#prefixLengths.set(length, count);
  }
}

function isEmptyRange({ start, end }: Extract<WatchFilter, { readonly kind: "range" }>): boolean {
  return compareKeys(start, end) >= 0;
}

/** @returns whether this name is a new one */
function addTo<Watcher>(sets: Map<string, Set<Watcher>>, name: string, watcher: Watcher): boolean {
  const known = sets.get(name);
  if (known === undefined) sets.set(name, new Set([watcher]));
  else known.add(watcher);
  return known === undefined;
}

/** @returns whether nobody has this name any more */
function removeFrom<Watcher>(sets: Map<string, Set<Watcher>>, name: string, watcher: Watcher): boolean {
  const known = sets.get(name);
  if (known?.delete(watcher) !== true || known.size > 0) return false;
  return sets.delete(name);
}
