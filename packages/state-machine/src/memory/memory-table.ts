import { compareKeys, type KeyValueEntry, type LeaseId } from "@aspenjs/api";
import type { KeyBounds } from "../key-range.ts";
import type { EntryOrder, KeyValueTable } from "../key-value-table.ts";
import { SortedKeys } from "./sorted-keys.ts";

const EMPTY = new Uint8Array();
const EVERYTHING: KeyBounds = { lower: "", upper: undefined };

/** Entries by key, and the keys in order. What goes out is a copy: nobody changes the state from outside. */
export class MemoryTable implements KeyValueTable {
  readonly #entries = new Map<string, KeyValueEntry>();
  readonly #keys = new SortedKeys();
  readonly #keysByLease = new Map<LeaseId, Set<string>>();

  constructor(entries: Iterable<KeyValueEntry> = []) {
    for (const entry of entries) this.put(entry);
  }

  get(key: string): KeyValueEntry | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined ? undefined : { ...entry, value: entry.value.slice() };
  }

  put(entry: KeyValueEntry): void {
    this.#unbind(this.#entries.get(entry.key));
    if (!this.#entries.has(entry.key)) this.#keys.add(entry.key);
    this.#entries.set(entry.key, { ...entry, value: entry.value.slice() });
    this.#bind(entry);
  }

  delete(key: string): void {
    this.#unbind(this.#entries.get(key));
    if (this.#entries.delete(key)) this.#keys.delete(key);
  }

  count(bounds: KeyBounds): number {
    return this.#keys.count(bounds);
  }

  *entriesIn(bounds: KeyBounds, { reverse, keysOnly }: EntryOrder, entriesMax: number): Generator<KeyValueEntry> {
    let count = 0;
    for (const key of reverse ? this.#keys.descending(bounds) : this.#keys.ascending(bounds)) {
      if (count === entriesMax) return;
      count += 1;
      const entry = this.#entries.get(key);
      if (entry !== undefined) yield { ...entry, value: keysOnly ? EMPTY : entry.value.slice() };
    }
  }

  /** Every entry, by key, as it is held: an entry is replaced and never changed, and no reader may change it. */
  held(): readonly KeyValueEntry[] {
    const held: KeyValueEntry[] = [];
    for (const key of this.#keys.ascending(EVERYTHING)) {
      const entry = this.#entries.get(key);
      if (entry !== undefined) held.push(entry);
    }
    return held;
  }

  leaseKeys(leaseId: LeaseId, keysMax: number): readonly string[] {
    return [...(this.#keysByLease.get(leaseId) ?? [])].sort(compareKeys).slice(0, keysMax);
  }

  /** How many keys are bound to each lease that has any. */
  leaseKeyCounts(): Iterable<readonly [LeaseId, number]> {
    return Array.from(this.#keysByLease, ([leaseId, keys]) => [leaseId, keys.size] as const);
  }

  #bind({ key, leaseId }: KeyValueEntry): void {
    if (leaseId === undefined) return;
    const keys = this.#keysByLease.get(leaseId);
    if (keys === undefined) this.#keysByLease.set(leaseId, new Set([key]));
    else keys.add(key);
  }

  #unbind(entry: KeyValueEntry | undefined): void {
    if (entry?.leaseId === undefined) return;
    const keys = this.#keysByLease.get(entry.leaseId);
    keys?.delete(entry.key);
    if (keys?.size === 0) this.#keysByLease.delete(entry.leaseId);
  }
}
