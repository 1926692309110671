/**
 * The log as callers see it: every batch whose call has returned, durable or not. Pure and synchronous; each call
 * validates, moves this picture forward, and returns as data what the disk has to follow with.
 *
 * Invariants:
 *   F1  `runs` covers exactly the live indexes of `header` (H1).
 *   F2  `recent` ends at the last entry, and holds everything that is not durable.
 *   F3  `header.tip` is the chain hash of the last entry, `header.base` that of `purged`: through truncation, purge
 *       and restart alike.
 */
import { assert, type LogEntry, type LogId, type LogIndex, type LogWriteBatch, type Term } from "@aspenjs/api";
import { assertLogWriteBatch, assertPurge, assertReset } from "./batch-validation.ts";
import { CHAIN_GENESIS, type ChainHasher } from "./chain-hasher.ts";
import type { LogChange } from "./log-change.ts";
import type { LogHeader } from "./log-header.ts";
import { RecentEntries } from "./recent-entries.ts";
import { entryByteLength, sealRows } from "./stored-row.ts";
import { TermRuns } from "./term-runs.ts";

export class LogFront {
  readonly #hasher: ChainHasher;
  #header: LogHeader;
  #runs: TermRuns;
  readonly #recent: RecentEntries;

  /** In front of the header's entries, which `restore` then brings in one by one. */
  constructor(hasher: ChainHasher, header: LogHeader) {
    this.#hasher = hasher;
    this.#header = header;
    this.#runs = new TermRuns(header.state.purged.index);
    this.#recent = new RecentEntries(header.state.purged.index + 1);
  }

  get header(): LogHeader {
    return this.#header;
  }

  get runs(): TermRuns {
    return this.#runs;
  }

  get recent(): RecentEntries {
    return this.#recent;
  }

  /** An entry that was read from disk while opening, in order. */
  restore(entry: LogEntry, encodedBytes: number): void {
    this.#runs.push(entry.term, entry.index);
    this.#recent.push(entry, encodedBytes);
    this.#recent.evict(entry.index);
  }

  /** An unchanged log needs no transaction. */
  isChangedBy(batch: LogWriteBatch): boolean {
    const { hardState, committed, last } = this.#header.state;
    if (batch.entries.length > 0 || this.anchorOf(batch) < last.index) return true;
    if (batch.committed !== undefined && batch.committed !== committed) return true;
    if (batch.hardState === undefined) return false;
    return batch.hardState.term !== hardState.term || batch.hardState.vote !== hardState.vote;
  }

  /** The last index that stays under this batch: its chain hash is the anchor that `append` needs. */
  anchorOf(batch: LogWriteBatch): LogIndex {
    return Math.min(this.#header.state.last.index, (batch.truncateFrom ?? Infinity) - 1);
  }

  append(batch: LogWriteBatch, anchor: Uint8Array): LogChange {
    const before = this.#header;
    const keptThrough = this.anchorOf(batch);
    const { rows, tip } = sealRows(this.#hasher, anchor, batch.entries);
    let last = this.#logIdAt(keptThrough);
    for (const entry of batch.entries) {
      assert(entry.term >= last.term, `term ${entry.term} of entry ${entry.index} is older than its predecessor`);
      last = { term: entry.term, index: entry.index };
    }
    // Nothing above has changed anything: a refused batch leaves the picture as it was.
    this.#runs.truncateFrom(keptThrough + 1);
    if (keptThrough < before.state.last.index) this.#recent.truncateFrom(keptThrough + 1);
    for (const [position, entry] of batch.entries.entries()) {
      const row = rows[position];
      assert(row !== undefined, "every entry has a row");
      this.#runs.push(entry.term, entry.index);
      this.#recent.push(entry, entryByteLength(row));
    }
    this.#header = {
      ...before,
      state: {
        hardState: batch.hardState ?? before.state.hardState,
        purged: before.state.purged,
        last,
        committed: batch.committed ?? before.state.committed,
      },
      tip,
    };
    const isShorter = last.index < before.state.last.index;
    return {
      header: this.#header,
      rows,
      dead: isShorter ? { first: last.index + 1, last: before.state.last.index } : undefined,
      keptThrough,
      rowBytes: rows.reduce((sum, row) => sum + row.bytes.byteLength, 0),
    };
  }

  /** @param base chain hash of the entry at `through` */
  purge(through: LogId, base: Uint8Array): LogChange {
    const before = this.#header;
    this.#runs.purgeThrough(through.index);
    this.#recent.dropThrough(through.index);
    const committed = Math.max(before.state.committed, through.index);
    this.#header = { ...before, state: { ...before.state, purged: through, committed }, base };
    return {
      header: this.#header,
      rows: [],
      dead: { first: before.state.purged.index + 1, last: through.index },
      keptThrough: before.state.last.index,
      rowBytes: 0,
    };
  }

  /** The chain starts again at genesis: what the snapshot stands for was never hashed here. */
  reset(to: LogId): LogChange {
    const before = this.#header;
    assertReset(before.state, to);
    this.#runs = new TermRuns(to.index);
    this.#recent.clear(to.index + 1);
    const state = { hardState: before.state.hardState, purged: to, last: to, committed: to.index };
    this.#header = { ...before, state, base: CHAIN_GENESIS, tip: CHAIN_GENESIS };
    return {
      header: this.#header,
      rows: [],
      dead: { first: before.state.purged.index + 1, last: before.state.last.index },
      keptThrough: to.index,
      rowBytes: 0,
    };
  }

  assertBatch(batch: LogWriteBatch): void {
    assertLogWriteBatch(this.#header.state, batch);
  }

  assertPurge(through: LogId): void {
    assertPurge(this.#header.state, through, this.#termAt(through.index));
  }

  #termAt(index: LogIndex): Term | undefined {
    const { purged } = this.#header.state;
    return index === purged.index ? purged.term : this.#runs.termAt(index);
  }

  #logIdAt(index: LogIndex): LogId {
    const term = this.#termAt(index);
    assert(term !== undefined, `no term known at index ${index}`);
    return { term, index };
  }
}
