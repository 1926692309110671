/**
 * The whole replicated state as one sequence of bytes, the same on every replica and every backend at one log index.
 *
 * Each row stands behind its length (four bytes, big-endian):
 *   1. every entry, by key: `[0, entry]`,
 *   2. every session, by id: `[1, session]`, the session as `session-row.ts` writes it,
 *   3. every lease, by number: `[2, leaseId, ttlMs, deadlineMs, isOwnedByKey]`,
 *   4. what each of the newest revisions changed, the oldest first: `[3, revision, logTimeMs, changes]`, the changes as
 *      `change-row.ts` writes them,
 *   5. at last `[4, membership, lastApplied term, lastApplied index, revision, logTimeMs, leasesExtendedAtMs]`.
 * System keys are part of the state and so of these bytes.
 */
import { compareKeys, limits, type KeyValueEntry } from "@aspenjs/api";
import { DecodeError, decodeRow, encodeRow, type Row, type RowReader, storedMembershipToRow } from "@aspenjs/codec";
import { keyValueEntryRow, readKeyValueEntry } from "@aspenjs/protocol";
import { changeHistoryProblem, keptChanges } from "./change-history.ts";
import { decodeChanges, type SavedChanges } from "./change-row.ts";
import { stateMachineLimits } from "./limits.ts";
import { countLeaseKeys, leaseBindingProblem } from "./lease-bindings.ts";
import type { SavedLease } from "./lease-table.ts";
import { readMembership } from "./membership-row.ts";
import type { SavedState } from "./replicated-state.ts";
import { decodeSession, encodeSession } from "./session-row.ts";
import type { SavedSession } from "./session.ts";

const ENTRY = 0;
const SESSION = 1;
const LEASE = 2;
const CHANGES = 3;
const STATE = 4;
const LENGTH_BYTES = 4;
const ROW_BYTES_MAX = Math.max(stateMachineLimits.sessionRowBytesMax, stateMachineLimits.changeRowBytesMax) + 1_024;

export interface CanonicalRow {
  /** What the row is of: while this object is the same, so are the bytes. */
  readonly source: object;
  readonly row: () => Row;
}

/** Entries must come in key order, sessions in order of their ids. */
export function* canonicalRows(entries: Iterable<KeyValueEntry>, state: SavedState): Generator<CanonicalRow> {
  for (const entry of entries) yield { source: entry, row: () => [ENTRY, keyValueEntryRow(entry)] };
  for (const session of state.sessions) yield { source: session, row: () => [SESSION, encodeSession(session)] };
  for (const lease of state.leases.leases) {
    const { leaseId, ttlMs, deadlineMs, isOwnedByKey } = lease;
    yield { source: lease, row: () => [LEASE, leaseId, ttlMs, deadlineMs, isOwnedByKey] };
  }
  for (const changes of state.changes) {
    const { revision, logTimeMs, content } = changes;
    yield { source: changes, row: () => [CHANGES, revision, logTimeMs, content] };
  }
  const { lastApplied, revision, logTimeMs, leases } = state;
  const membership = storedMembershipToRow(state.membership);
  const { term, index } = lastApplied;
  yield { source: state, row: () => [STATE, membership, term, index, revision, logTimeMs, leases.extendedAtMs] };
}

/** Yields length and row in turn. */
export function* canonicalChunks(entries: Iterable<KeyValueEntry>, state: SavedState): Generator<Uint8Array> {
  for (const { row } of canonicalRows(entries, state)) {
    const bytes = encodeRow(row());
    const length = new Uint8Array(LENGTH_BYTES);
    new DataView(length.buffer).setUint32(0, bytes.byteLength);
    yield length;
    yield bytes;
  }
}

export interface CanonicalState {
  readonly entries: readonly KeyValueEntry[];
  readonly state: SavedState;
}

/** @throws DecodeError */
export function readCanonicalState(bytes: Uint8Array): CanonicalState {
  const entries: KeyValueEntry[] = [];
  const sessions: SavedSession[] = [];
  const leases: SavedLease[] = [];
  const changes: SavedChanges[] = [];
  let offset = 0;
  let lastKind = ENTRY;
  for (;;) {
    const row = rowAt(bytes, offset);
    offset += LENGTH_BYTES + row.byteLength;
    const reader = decodeRow(row, ROW_BYTES_MAX);
    const kind = reader.integer("kind", lastKind, STATE);
    lastKind = kind;
    if (kind === ENTRY) entries.push(readEntry(reader));
    else if (kind === SESSION) sessions.push(decodeSession(reader.bytes("session", ROW_BYTES_MAX)));
    else if (kind === LEASE) leases.push(readLease(reader));
    else if (kind === CHANGES) changes.push(readChanges(reader));
    else {
      if (offset !== bytes.byteLength) throw new DecodeError("bytes follow the end of the state");
      checkRows(entries, sessions, leases);
      return { entries, state: readState(reader, sessions, leases, changes) };
    }
  }
}

/** One state has one form, and leases and keys in it agree. */
function checkRows(
  entries: readonly KeyValueEntry[],
  sessions: readonly SavedSession[],
  leases: readonly SavedLease[],
): void {
  const isOrdered =
    isAscending(entries, (left, right) => compareKeys(left.key, right.key)) &&
    isAscending(sessions, (left, right) => left.sessionId - right.sessionId) &&
    isAscending(leases, (left, right) => left.leaseId - right.leaseId);
  if (!isOrdered) throw new DecodeError("the rows of the state are not in order");
  const bindingProblem = leaseBindingProblem(leases, countLeaseKeys(entries));
  if (bindingProblem !== undefined) throw new DecodeError(bindingProblem);
}

function isAscending<Item>(items: readonly Item[], compare: (left: Item, right: Item) => number): boolean {
  return items.every((item, position) => {
    const before = items[position - 1];
    return before === undefined || compare(before, item) < 0;
  });
}

function readEntry(row: RowReader): KeyValueEntry {
  const entry = readKeyValueEntry(row.row("entry"));
  row.end();
  return entry;
}

function readLease(row: RowReader): SavedLease {
  const lease = {
    leaseId: row.integer("leaseId", 1),
    ttlMs: row.integer("ttlMs", limits.leaseTtlMsMin, limits.leaseTtlMsMax),
    deadlineMs: row.integer("deadlineMs"),
    isOwnedByKey: row.boolean("isOwnedByKey"),
  };
  row.end();
  return lease;
}

function readChanges(row: RowReader): SavedChanges {
  const saved = {
    revision: row.integer("revision", 1),
    logTimeMs: row.integer("logTimeMs"),
    content: row.bytes("changes", stateMachineLimits.changeRowBytesMax),
  };
  row.end();
  decodeChanges(saved);
  return saved;
}

function readState(
  row: RowReader,
  sessions: readonly SavedSession[],
  leases: readonly SavedLease[],
  changes: readonly SavedChanges[],
): SavedState {
  const state = {
    membership: readMembership(row.row("membership")),
    lastApplied: { term: row.integer("term"), index: row.integer("index") },
    revision: row.integer("revision"),
    logTimeMs: row.integer("logTimeMs"),
    sessions,
    leases: { leases, extendedAtMs: row.integer("leasesExtendedAtMs") },
    changes,
  };
  row.end();
  const historyProblem = changeHistoryProblem(changes, state);
  if (historyProblem !== undefined) throw new DecodeError(historyProblem);
  if (keptChanges(changes, state).length < changes.length) throw new DecodeError("the history holds more than is kept");
  return state;
}

function rowAt(bytes: Uint8Array, offset: number): Uint8Array {
  if (offset + LENGTH_BYTES > bytes.byteLength) throw new DecodeError("the state ends too early");
  const length = new DataView(bytes.buffer, bytes.byteOffset + offset).getUint32(0);
  const end = offset + LENGTH_BYTES + length;
  if (length > ROW_BYTES_MAX || end > bytes.byteLength) throw new DecodeError("a row of the state is cut off");
  return bytes.subarray(offset + LENGTH_BYTES, end);
}
