import type { KeyValueEntry, Revision } from "../key-value-entry.ts";
import { compareKeys } from "../key.ts";
import type { LeaseBinding } from "../lease.ts";
import { limits } from "../limits.ts";
import type { KeyRange, ScanPage, ScanQuery } from "../read.ts";
import type { KeyValuePair } from "../write-command.ts";
import type { KeyChange } from "../watch.ts";
import { writeRefusalError } from "../write-refusal.ts";
import { copyOf, entryByteLength, type EntryTable } from "./entry-table.ts";
import { changeOf } from "./memory-watch.ts";
import { leaseKeys, type LeaseBook, type LeaseRecord, type LeaseTerms, type Moment } from "./lease-book.ts";

export interface RevisionDraftParts {
  readonly table: EntryTable;
  readonly leases: LeaseBook;
  /** Before the command. */
  readonly revision: Revision;
  readonly moment: Moment;
}

/**
 * What one command does and answers. Whatever it changes, it changes at the next revision; that one is taken when a key
 * has changed, and not before.
 */
export class RevisionDraft {
  readonly #parts: RevisionDraftParts;
  /** Every key that was set or deleted, with what it was before. */
  readonly #touched = new Map<string, KeyValueEntry | undefined>();
  #isChanged = false;
  #rangedKeyCount = 0;
  #answeredCount = 0;
  #answeredBytes = 0;

  constructor(parts: RevisionDraftParts) {
    this.#parts = parts;
  }

  /** The store's revision after all that was done so far. */
  get revision(): Revision {
    return this.#isChanged ? this.#parts.revision + 1 : this.#parts.revision;
  }

  /** What has become of each key in all, in key order. */
  changes(): readonly KeyChange[] {
    const touched = [...this.#touched].sort(([left], [right]) => compareKeys(left, right));
    return touched.flatMap(([key, previous]) => changeOf(key, previous, this.find(key)) ?? []);
  }

  find(key: string): KeyValueEntry | undefined {
    return this.#parts.table.find(key);
  }

  scan(query: ScanQuery): ScanPage {
    const page = this.#parts.table.scan(query);
    for (const entry of page.entries) this.#count(entry);
    return page;
  }

  /**
   * A copy that goes into the result of the command.
   * @throws AspenError when the result has become too large
   */
  answer(entry: KeyValueEntry): KeyValueEntry {
    this.#count(entry);
    return copyOf(entry);
  }

  /** Returns what was there before. */
  set({ key, value }: KeyValuePair, binding: LeaseBinding = {}): KeyValueEntry | undefined {
    const { table, leases, moment } = this.#parts;
    const previous = table.find(key);
    const leaseId = leases.rebind(key, previous?.leaseId, binding, moment);
    this.#isChanged = true;
    this.#touch(key, previous);
    table.put({
      key,
      value: new Uint8Array(value),
      createRevision: previous?.createRevision ?? this.revision,
      modRevision: this.revision,
      version: (previous?.version ?? 0) + 1,
      ...(leaseId === undefined ? {} : { leaseId }),
    });
    return previous;
  }

  /** Returns what was deleted, in key order. */
  delete(keys: readonly string[]): KeyValueEntry[] {
    const { table, leases } = this.#parts;
    const deleted = table.delete(keys.filter((key) => table.find(key) !== undefined).sort(compareKeys));
    for (const entry of deleted) {
      leases.unbind(entry.key, entry.leaseId);
      this.#touch(entry.key, entry);
    }
    if (deleted.length > 0) this.#isChanged = true;
    return deleted;
  }

  /** Returns what was deleted, in key order. */
  deleteRange(range: KeyRange): KeyValueEntry[] {
    const keys = this.#parts.table.keysIn(range);
    this.#rangedKeyCount += keys.length;
    if (this.#rangedKeyCount > limits.changedKeysMax) throw writeRefusalError("tooManyKeys");
    return this.delete(keys);
  }

  grantLease(terms: LeaseTerms): LeaseRecord {
    return this.#parts.leases.grant(terms, this.#parts.moment);
  }

  /** Deletes the keys of the lease, and says how many there were. */
  endLease(lease: LeaseRecord): number {
    this.#parts.leases.remove(lease);
    return this.delete(leaseKeys(lease)).length;
  }

  #touch(key: string, previous: KeyValueEntry | undefined): void {
    if (!this.#touched.has(key)) this.#touched.set(key, previous);
  }

  #count(entry: KeyValueEntry): void {
    this.#answeredCount += 1;
    this.#answeredBytes += entryByteLength(entry);
    if (this.#answeredCount <= limits.resultEntriesMax && this.#answeredBytes <= limits.resultBytesMax) return;
    throw writeRefusalError("resultTooLarge");
  }
}
