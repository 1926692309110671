import { unreachable } from "../assert.ts";
import type { KeyValueEntry, Revision } from "../key-value-entry.ts";
import { compareKeys, utf8ByteLength } from "../key.ts";
import { limits } from "../limits.ts";
import type { KeyRange, ScanPage, ScanQuery } from "../read.ts";
import type {
  CompareResult,
  DeleteResult,
  Expected,
  KeyValuePair,
  SetResult,
  WriteCommand,
  WriteResult,
} from "../write-command.ts";

/**
 * Keys and values as they are after a sequence of commands; nothing but the commands decides. Commands and queries
 * have passed their gates. Values are copied on the way in and on the way out, so that no caller holds a piece of the
 * state: over a network it could not either.
 */
export class KeyValueState {
  #revision: Revision = 0;
  readonly #entries = new Map<string, KeyValueEntry>();
  /** The keys of `#entries` in the order of their UTF-8 bytes. */
  readonly #keys: string[] = [];

  get revision(): Revision {
    return this.#revision;
  }

  apply(command: WriteCommand): WriteResult {
    switch (command.kind) {
      case "set":
        return this.#set(command, command.returnPrevious === true);
      case "setMulti":
        this.#put(command.pairs);
        return { kind: "setMulti", revision: this.#revision };
      case "delete":
        return this.#delete([command.key], command.returnPrevious === true);
      case "deleteMulti":
        return this.#delete(command.keys, command.returnPrevious === true);
      case "compareAndSwap":
        return this.#compare(command.key, command.expected, () => {
          this.#put([command]);
        });
      case "compareAndDelete":
        return this.#compare(command.key, command.expected, () => {
          this.#delete([command.key], false);
        });
      default:
        return unreachable(command);
    }
  }

  get(key: string): KeyValueEntry | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined ? undefined : copyOf(entry);
  }

  scan(query: ScanQuery): ScanPage {
    const keys = this.#keysBehind(query);
    if (query.limit === 0) return { entries: [], count: keys.length, isTruncated: false };
    const entries: KeyValueEntry[] = [];
    let pageBytes = 0;
    for (const key of keys) {
      const stored = this.#entries.get(key);
      if (stored === undefined || entries.length === query.limit) break;
      const entry = query.keysOnly ? { ...stored, value: new Uint8Array() } : copyOf(stored);
      pageBytes += utf8ByteLength(key) + entry.value.byteLength;
      if (pageBytes > limits.scanPageBytesMax) break;
      entries.push(entry);
    }
    return { entries, count: entries.length, isTruncated: entries.length < keys.length };
  }

  #set(pair: KeyValuePair, isPreviousWanted: boolean): SetResult {
    const previous = this.get(pair.key);
    this.#put([pair]);
    const result = { kind: "set", revision: this.#revision } as const;
    return isPreviousWanted ? { ...result, previous } : result;
  }

  #put(pairs: readonly KeyValuePair[]): void {
    this.#revision += 1;
    for (const { key, value } of pairs) {
      const previous = this.#entries.get(key);
      if (previous === undefined) this.#keys.splice(this.#position(key), 0, key);
      this.#entries.set(key, {
        key,
        value: new Uint8Array(value),
        createRevision: previous?.createRevision ?? this.#revision,
        modRevision: this.#revision,
        version: (previous?.version ?? 0) + 1,
      });
    }
  }

  #delete(keys: readonly string[], isPreviousWanted: boolean): DeleteResult {
    const present = [...keys].filter((key) => this.#entries.has(key)).sort(compareKeys);
    const previous = present.map((key) => this.get(key)).filter((entry) => entry !== undefined);
    if (present.length > 0) this.#revision += 1;
    for (const key of present) {
      this.#entries.delete(key);
      this.#keys.splice(this.#position(key), 1);
    }
    const result = { kind: "delete", revision: this.#revision, deletedCount: present.length } as const;
    return isPreviousWanted ? { ...result, previous } : result;
  }

  #compare(key: string, expected: Expected, change: () => void): CompareResult {
    const actual = this.get(key);
    if (!isAsExpected(actual, expected)) {
      return { kind: "compare", outcome: "conflict", revision: this.#revision, actual };
    }
    change();
    return { kind: "compare", outcome: "ok", revision: this.#revision };
  }

  /** The keys that a scan still has before it, in its direction. */
  #keysBehind({ range, after, reverse }: ScanQuery): string[] {
    let [from, to] = this.#positions(range);
    if (after !== undefined && reverse) to = Math.min(to, this.#position(after));
    if (after !== undefined && !reverse) {
      const position = this.#position(after);
      from = Math.max(from, this.#keys[position] === after ? position + 1 : position);
    }
    const keys = this.#keys.slice(from, Math.max(from, to));
    return reverse ? keys.reverse() : keys;
  }

  #positions(range: KeyRange): [from: number, to: number] {
    if (range.kind === "range") return [this.#position(range.start), this.#position(range.end)];
    // In well-formed text, the keys with a prefix are those from the prefix on, up to the first without it.
    const from = this.#position(range.prefix);
    const to = partitionPoint(this.#keys, (key) => compareKeys(key, range.prefix) < 0 || key.startsWith(range.prefix));
    return [from, to];
  }

  /** Where the key is, or would be. */
  #position(key: string): number {
    return partitionPoint(this.#keys, (candidate) => compareKeys(candidate, key) < 0);
  }
}

/** Position of the first item that is not `isBefore`; the items must be partitioned by it. */
function partitionPoint(items: readonly string[], isBefore: (item: string) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const item = items[middle];
    if (item !== undefined && isBefore(item)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isAsExpected(actual: KeyValueEntry | undefined, expected: Expected): boolean {
  switch (expected.kind) {
    case "absent":
      return actual === undefined;
    case "value":
      return actual !== undefined && isSameBytes(actual.value, expected.value);
    case "modRevision":
      return actual?.modRevision === expected.modRevision;
    default:
      return unreachable(expected);
  }
}

function isSameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.byteLength === right.byteLength && left.every((byte, position) => byte === right[position]);
}

/** A constructor copy: `slice` of a Node Buffer would be a view of the same memory. */
function copyOf(entry: KeyValueEntry): KeyValueEntry {
  return { ...entry, value: new Uint8Array(entry.value) };
}
