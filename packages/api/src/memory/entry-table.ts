import type { KeyValueEntry } from "../key-value-entry.ts";
import { compareKeys, utf8ByteLength } from "../key.ts";
import { limits } from "../limits.ts";
import type { KeyRange, ScanPage, ScanQuery } from "../read.ts";
import { SortedList } from "./sorted-list.ts";
import type { UndoLog } from "./undo-log.ts";

/** The entries and the order of their keys. Knows nothing of revisions or leases. */
export class EntryTable {
  readonly #entries = new Map<string, KeyValueEntry>();
  /** The keys of `#entries` in the order of their UTF-8 bytes. */
  readonly #keys = new SortedList<string>(compareKeys);
  readonly #undoLog: UndoLog;

  constructor(undoLog: UndoLog) {
    this.#undoLog = undoLog;
  }

  /** As it is stored: whoever hands it out hands out a copy. */
  find(key: string): KeyValueEntry | undefined {
    return this.#entries.get(key);
  }

  keysIn(range: KeyRange): string[] {
    return this.#keys.slice(...this.#positions(range));
  }

  /** The page's entries are copies. */
  scan(query: ScanQuery): ScanPage {
    const [from, to] = this.#positionsLeft(query);
    const count = Math.max(0, to - from);
    if (query.limit === 0) return { entries: [], count, isTruncated: false };
    const entries: KeyValueEntry[] = [];
    let pageBytes = 0;
    for (let step = 0; step < count && entries.length < query.limit; step += 1) {
      const stored = this.#entries.get(this.#keys.at(query.reverse ? to - 1 - step : from + step) ?? "");
      if (stored === undefined) break;
      const entry = query.keysOnly ? { ...stored, value: new Uint8Array() } : copyOf(stored);
      pageBytes += entryByteLength(entry);
      if (pageBytes > limits.scanPageBytesMax) break;
      entries.push(entry);
    }
    return { entries, count: entries.length, isTruncated: entries.length < count };
  }

  put(entry: KeyValueEntry): void {
    const previous = this.#entries.get(entry.key);
    if (previous === undefined) this.#keys.insert(entry.key);
    this.#entries.set(entry.key, entry);
    this.#undoLog.record(() => {
      if (previous !== undefined) this.#entries.set(entry.key, previous);
      else this.#remove([entry.key]);
    });
  }

  /** Keys that are there, in order. */
  delete(keys: readonly string[]): KeyValueEntry[] {
    const deleted = keys.map((key) => this.#entries.get(key)).filter((entry) => entry !== undefined);
    this.#remove(keys);
    this.#undoLog.record(() => {
      this.#keys.insertAll(keys);
      for (const entry of deleted) this.#entries.set(entry.key, entry);
    });
    return deleted;
  }

  #remove(keys: readonly string[]): void {
    this.#keys.deleteAll(keys);
    for (const key of keys) this.#entries.delete(key);
  }

  /** Where the keys are that a scan still has before it. */
  #positionsLeft({ range, after, reverse }: ScanQuery): [from: number, to: number] {
    const [from, to] = this.#positions(range);
    if (after === undefined) return [from, to];
    const position = this.#keys.position(after);
    if (reverse) return [from, Math.min(to, position)];
    return [Math.max(from, this.#keys.at(position) === after ? position + 1 : position), to];
  }

  #positions(range: KeyRange): [from: number, to: number] {
    if (range.kind === "range") return [this.#keys.position(range.start), this.#keys.position(range.end)];
    // In well-formed text, the keys with a prefix are those from the prefix on, up to the first without it.
    const { prefix } = range;
    const to = this.#keys.partitionPoint((key) => compareKeys(key, prefix) < 0 || key.startsWith(prefix));
    return [this.#keys.position(prefix), to];
  }
}

/** A constructor copy: `slice` of a Node Buffer would be a view of the same memory. */
export function copyOf(entry: KeyValueEntry): KeyValueEntry {
  return { ...entry, value: new Uint8Array(entry.value) };
}

/** What an entry counts for where a page or a result is bounded. */
export function entryByteLength({ key, value }: KeyValueEntry): number {
  return utf8ByteLength(key) + value.byteLength;
}
