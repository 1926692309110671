/**
 * The whole replicated state as one sequence of bytes, the same on every replica and every backend at one log index.
 *
 * Each row stands behind its length (four bytes, big-endian):
 *   1. every entry, by key: `[0, [key, value, createRevision, modRevision, version], null]`, where the last
 *      cell is kept for a lease id,
 *   2. every session, by id: `[1, session]`, the session as `session-row.ts` writes it,
 *   3. at last `[2, membership, lastApplied term, lastApplied index, revision, logTimeMs]`.
 * System keys are part of the state and so of these bytes.
 */
import type { KeyValueEntry } from "@aspenjs/api";
import { DecodeError, decodeRow, encodeRow, type Row, type RowReader, storedMembershipToRow } from "@aspenjs/codec";
import { keyValueEntryRow, readKeyValueEntry } from "@aspenjs/protocol";
import { stateMachineLimits } from "./limits.ts";
import { readMembership } from "./membership-row.ts";
import type { SavedState } from "./replicated-state.ts";
import { decodeSession, encodeSession } from "./session-row.ts";
import type { SavedSession } from "./session.ts";

const ENTRY = 0;
const SESSION = 1;
const STATE = 2;
const LENGTH_BYTES = 4;
const ROW_BYTES_MAX = stateMachineLimits.sessionRowBytesMax + 1_024;

/** Entries must come in key order, sessions in order of their ids. Yields length and row in turn. */
export function* canonicalChunks(entries: Iterable<KeyValueEntry>, state: SavedState): Generator<Uint8Array> {
  for (const entry of entries) yield* framed([ENTRY, keyValueEntryRow(entry), null]);
  for (const session of state.sessions) yield* framed([SESSION, encodeSession(session)]);
  const { lastApplied, revision, logTimeMs } = state;
  const membership = storedMembershipToRow(state.membership);
  yield* framed([STATE, membership, lastApplied.term, lastApplied.index, revision, logTimeMs]);
}

function* framed(row: Row): Generator<Uint8Array> {
  const bytes = encodeRow(row);
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setUint32(0, bytes.byteLength);
  yield length;
  yield bytes;
}

export interface CanonicalState {
  readonly entries: readonly KeyValueEntry[];
  readonly state: SavedState;
}

/** @throws DecodeError */
export function readCanonicalState(bytes: Uint8Array): CanonicalState {
  const entries: KeyValueEntry[] = [];
  const sessions: SavedSession[] = [];
  let offset = 0;
  for (;;) {
    const row = rowAt(bytes, offset);
    offset += LENGTH_BYTES + row.byteLength;
    const reader = decodeRow(row, ROW_BYTES_MAX);
    const kind = reader.integer("kind", ENTRY, STATE);
    if (kind === ENTRY) entries.push(readEntry(reader));
    else if (kind === SESSION) sessions.push(decodeSession(reader.bytes("session", ROW_BYTES_MAX)));
    else {
      if (offset !== bytes.byteLength) throw new DecodeError("bytes follow the end of the state");
      return { entries, state: readState(reader, sessions) };
    }
  }
}

function readEntry(row: RowReader): KeyValueEntry {
  const entry = readKeyValueEntry(row.row("entry"));
  const leaseId = row.optional((cells) => cells.integer("leaseId"));
  if (leaseId !== undefined) throw new DecodeError("this version knows no leases");
  row.end();
  return entry;
}

function readState(row: RowReader, sessions: readonly SavedSession[]): SavedState {
  const state = {
    membership: readMembership(row.row("membership")),
    lastApplied: { term: row.integer("term"), index: row.integer("index") },
    revision: row.integer("revision"),
    logTimeMs: row.integer("logTimeMs"),
    sessions,
  };
  row.end();
  return state;
}

function rowAt(bytes: Uint8Array, offset: number): Uint8Array {
  if (offset + LENGTH_BYTES > bytes.byteLength) throw new DecodeError("the state ends too early");
  const length = new DataView(bytes.buffer, bytes.byteOffset + offset).getUint32(0);
  const end = offset + LENGTH_BYTES + length;
  if (length > ROW_BYTES_MAX || end > bytes.byteLength) throw new DecodeError("a row of the state is cut off");
  return bytes.subarray(offset + LENGTH_BYTES, end);
}
