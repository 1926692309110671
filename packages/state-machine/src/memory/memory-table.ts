import type { KeyValueEntry, Revision } from "@aspenjs/api";
import type { KeyBounds } from "../key-range.ts";
import type { KeyValueTable } from "../key-value-table.ts";
import { SortedKeys } from "./sorted-keys.ts";

/** Entries by key, and the keys in order. What goes out is a copy: nobody changes the state from outside. */
export class MemoryTable implements KeyValueTable {
  readonly #entries = new Map<string, KeyValueEntry>();
  readonly #keys = new SortedKeys();

  constructor(entries: Iterable<KeyValueEntry> = []) {
    for (const entry of entries) this.#put(entry);
  }

  get(key: string): KeyValueEntry | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined ? undefined : { ...entry, value: entry.value.slice() };
  }

  set(key: string, value: Uint8Array, revision: Revision): void {
    const previous = this.#entries.get(key);
    this.#put({
      key,
      value: value.slice(),
      createRevision: previous?.createRevision ?? revision,
      modRevision: revision,
      version: (previous?.version ?? 0) + 1,
    });
  }

  delete(key: string): boolean {
    if (!this.#entries.delete(key)) return false;
    this.#keys.delete(key);
    return true;
  }

  count(bounds: KeyBounds): number {
    return this.#keys.count(bounds);
  }

  *entriesIn(bounds: KeyBounds, isReverse = false): Generator<KeyValueEntry> {
    for (const key of isReverse ? this.#keys.descending(bounds) : this.#keys.ascending(bounds)) {
      const entry = this.get(key);
      if (entry !== undefined) yield entry;
    }
  }

  #put(entry: KeyValueEntry): void {
    if (!this.#entries.has(entry.key)) this.#keys.add(entry.key);
    this.#entries.set(entry.key, entry);
  }
}
