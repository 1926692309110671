import type { KeyValueEntry, LeaseId } from "@aspenjs/api";
import type { KeyBounds } from "./key-range.ts";

export interface EntryOrder {
  readonly reverse: boolean;
  /** Entries come with empty values. */
  readonly keysOnly: boolean;
}

/** The little that commands need of a backend. What a call changed is seen by every later call. */
export interface KeyValueTable {
  get(key: string): KeyValueEntry | undefined;
  /** Exactly this entry, in place of the one that had its key. */
  put(entry: KeyValueEntry): void;
  /** Harmless when there is no such key. */
  delete(key: string): void;
  count(bounds: KeyBounds): number;
  /** At most so many, read as they are asked for. The iteration must end before the next change. */
  entriesIn(bounds: KeyBounds, order: EntryOrder, entriesMax: number): Iterable<KeyValueEntry>;
  /** Keys that are bound to the lease, in key order. */
  leaseKeys(leaseId: LeaseId, keysMax: number): readonly string[];
}
