import {
  assert,
  isSameLogId,
  type EntryPayload,
  type LogEntry,
  type LogId,
  type LogIndex,
  type LogReadOutcome,
  type LogState,
  type LogStore,
  type Term,
  type TermRun,
} from "@aspenjs/api";
import { TermRuns } from "./term-runs.ts";

/** What the core asks of a log store: to read what it was handed before. */
export type LogReader = Pick<LogStore, "read">;

/**
 * The core's view of the log: every id in memory, entries in the store. Entries appended in the present step are kept
 * here until the step's effects hand them over. Nothing in here waits.
 */
export class RaftLog {
  readonly #reader: LogReader;
  readonly #terms: TermRuns;
  /** Appended since the store last got a batch, contiguous up to `last`. */
  #fresh: LogEntry[] = [];
  #purged: LogId;
  #last: LogId;

  constructor(reader: LogReader, state: LogState, runs: readonly TermRun[]) {
    this.#reader = reader;
    this.#terms = new TermRuns(runs);
    this.#purged = state.purged;
    this.#last = state.last;
  }

  get purged(): LogId {
    return this.#purged;
  }

  get last(): LogId {
    return this.#last;
  }

  /** `undefined` where this log has nothing to say: before the purge point and beyond the end. */
  termAt(index: LogIndex): Term | undefined {
    if (index === this.#purged.index) return this.#purged.term;
    if (index < this.#purged.index || index > this.#last.index) return undefined;
    return this.#terms.termAt(index);
  }

  logIdAt(index: LogIndex): LogId {
    const term = this.termAt(index);
    assert(term !== undefined, "the log knows this index");
    return { term, index };
  }

  has(logId: LogId): boolean {
    return this.termAt(logId.index) === logId.term;
  }

  append(term: Term, payload: EntryPayload): LogId {
    return this.appendEntry({ term, index: this.#last.index + 1, payload });
  }

  appendEntry(entry: LogEntry): LogId {
    assert(entry.index === this.#last.index + 1, "entries are contiguous");
    assert(entry.term >= this.#last.term, "terms in a log never decrease");
    this.#terms.append(entry.index, entry.term);
    this.#fresh.push(entry);
    this.#last = { term: entry.term, index: entry.index };
    return this.#last;
  }

  truncate(from: LogIndex): void {
    assert(from > this.#purged.index, "what is purged cannot be truncated");
    assert(from <= this.#last.index, "only what is there can be truncated");
    this.#last = this.logIdAt(from - 1);
    this.#terms.truncate(from);
    this.#fresh = this.#fresh.filter((entry) => entry.index < from);
  }

  purge(through: LogIndex): LogId {
    const logId = this.logIdAt(through);
    assert(this.#fresh.length === 0 || (this.#fresh[0]?.index ?? 0) > through, "only what the store holds is purged");
    this.#terms.purge(through, this.#last.index);
    this.#purged = logId;
    return logId;
  }

  /** A snapshot took this log's place. */
  reset(to: LogId): void {
    this.#terms.purge(to.index, to.index);
    this.#fresh = [];
    this.#purged = to;
    this.#last = to;
  }

  /** Hands over what was appended since the last call. */
  takeFresh(): readonly LogEntry[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }

  /**
   * Entries behind `previousIndex`, bounded by count and bytes but at least one when there are any.
   * Everything the store was handed is readable there; the rest is still here.
   */
  entriesBehind(previousIndex: LogIndex, entriesMax: number, bytesMax: number): LogReadOutcome {
    const from = previousIndex + 1;
    const to = Math.min(this.#last.index, previousIndex + entriesMax) + 1;
    if (from >= to) return { kind: "entries", entries: [] };
    const freshStart = this.#fresh[0]?.index ?? this.#last.index + 1;
    if (from >= freshStart) {
      return { kind: "entries", entries: boundedByBytes(this.#fresh, from - freshStart, to - freshStart, bytesMax) };
    }
    // A message that needs both halves stops at the seam: the next one goes on there.
    return this.#reader.read(from, Math.min(to, freshStart), bytesMax);
  }

  /**
   * The last entry at or below `logId.index` whose term is at most `logId.term`: on either side of a conflict, no entry
   * between here and there can match (section 5.3 of the Raft paper, the optimisation of its last paragraph).
   */
  lastPossibleMatch(logId: LogId): LogId {
    let index = Math.min(logId.index, this.#last.index);
    while (index > this.#purged.index) {
      const term = this.#terms.termAt(index);
      if (term <= logId.term) return { term, index };
      index -= 1;
    }
    return this.#purged;
  }

  isLast(logId: LogId): boolean {
    return isSameLogId(this.#last, logId);
  }
}

/** Rough size on the wire; bounds messages, accounts for nothing. */
export function entryByteLength(entry: LogEntry): number {
  switch (entry.payload.kind) {
    case "command":
      return entry.payload.command.byteLength + 16;
    case "membership":
      return 64 + entry.payload.membership.nodes.length * 256;
    case "blank":
      return 16;
  }
}

function boundedByBytes(entries: readonly LogEntry[], from: number, to: number, bytesMax: number): readonly LogEntry[] {
  let byteLength = 0;
  for (let position = from; position < to; position += 1) {
    const entry = entries[position];
    assert(entry !== undefined, "the range lies within the entries");
    byteLength += entryByteLength(entry);
    if (byteLength > bytesMax && position > from) return entries.slice(from, position);
  }
  return entries.slice(from, to);
}
