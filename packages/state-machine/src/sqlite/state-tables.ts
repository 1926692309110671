import type { Buffer } from "node:buffer";
import type { LogId, StoredMembership } from "@aspenjs/api";
import { decodeRow, encodeRow, storedMembershipToRow } from "@aspenjs/codec";
import type { Database, Statement } from "better-sqlite3";
import { stateMachineLimits } from "../limits.ts";
import { leaseBindingProblem } from "../lease-bindings.ts";
import type { SavedLease } from "../lease-table.ts";
import { readMembership } from "../membership-row.ts";
import { SAVED_STATE_EMPTY, type ReplicatedState, type SavedState } from "../replicated-state.ts";
import { decodeSession, encodeSession } from "../session-row.ts";
import type { SavedSession } from "../session.ts";
import { ChangeTable, loadChanges } from "./change-table.ts";
import { leaseKeyCounts } from "./entry-table.ts";
import { CorruptStateError } from "./sqlite-fault.ts";
import { contentCrc, plainBytes } from "./state-schema.ts";

type AppliedRow = [
  term: number,
  index: number,
  revision: number,
  logTimeMs: number,
  leasesExtendedAtMs: number,
  crc: number,
];
type LeaseRow = [leaseId: number, ttlMs: number, deadlineMs: number, isOwnedByKey: number, crc: number];
type ContentRow = [content: Buffer, crc: number];

const APPLIED_COLUMNS = "log_term, log_index, revision, log_time_ms, leases_extended_at_ms, crc32";
const LEASE_COLUMNS = "lease_id, ttl_ms, deadline_ms, is_owned_by_key, crc32";
/** About what one changed lease adds to the write-ahead file: less than a page, since they lie close together. */
const LEASE_BYTES = 512;

/**
 * Everything but the entries: one row that moves with every batch, the membership, one row per session and lease, and
 * the history.
 */
export class StateTables {
  readonly #saveApplied: Statement<[...AppliedRow, previousIndex: number]>;
  readonly #saveMembership: Statement<[Uint8Array, number]>;
  readonly #saveSession: Statement<[number, Uint8Array, number]>;
  readonly #deleteSession: Statement<[number]>;
  readonly #saveLease: Statement<LeaseRow>;
  readonly #deleteLease: Statement<[number]>;
  readonly #changes: ChangeTable;
  #appliedIndex: number;
  #membershipIndex: number;

  constructor(database: Database, saved: SavedState) {
    this.#saveApplied = database.prepare(
      "UPDATE applied SET log_term = ?, log_index = ?, revision = ?, log_time_ms = ?, " +
        "leases_extended_at_ms = ?, crc32 = ? " +
        "WHERE id = 1 AND log_index = ?",
    );
    this.#saveMembership = database.prepare("UPDATE membership SET content = ?, crc32 = ? WHERE id = 1");
    this.#saveSession = database.prepare(
      "INSERT INTO sessions (session_id, content, crc32) VALUES (?, ?, ?) " +
        "ON CONFLICT (session_id) DO UPDATE SET content = excluded.content, crc32 = excluded.crc32",
    );
    this.#deleteSession = database.prepare("DELETE FROM sessions WHERE session_id = ?");
    this.#saveLease = database.prepare(
      `INSERT INTO leases (${LEASE_COLUMNS}) VALUES (?, ?, ?, ?, ?) ` +
        "ON CONFLICT (lease_id) DO UPDATE SET ttl_ms = excluded.ttl_ms, deadline_ms = excluded.deadline_ms, " +
        "is_owned_by_key = excluded.is_owned_by_key, crc32 = excluded.crc32",
    );
    this.#deleteLease = database.prepare("DELETE FROM leases WHERE lease_id = ?");
    this.#changes = new ChangeTable(database, saved);
    this.#appliedIndex = saved.lastApplied.index;
    this.#membershipIndex = saved.membership.logId.index;
  }

  /** Writes what changed since the last call: once per batch, however many entries it had. Returns about how much. */
  save(state: ReplicatedState): number {
    const row = appliedRow(state.lastApplied, state.revision, state.logTimeMs, state.leases.extendedAtMs);
    // Whoever else has moved the position has applied these entries too: once more would be once too often.
    if (this.#saveApplied.run(...row, this.#appliedIndex).changes !== 1) {
      throw new CorruptStateError("another process has changed the state");
    }
    this.#appliedIndex = state.lastApplied.index;
    if (state.membership.logId.index !== this.#membershipIndex) {
      const content = encodeMembership(state.membership);
      this.#saveMembership.run(content, contentCrc(content));
      this.#membershipIndex = state.membership.logId.index;
    }
    let writtenBytes = this.#changes.save(state.history);
    for (const sessionId of state.sessions.takeChanges()) {
      const session = state.sessions.saved(sessionId);
      writtenBytes += session === undefined ? this.#dropSession(sessionId) : this.#keepSession(session);
    }
    for (const leaseId of state.leases.takeChanges()) {
      const lease = state.leases.find(leaseId);
      if (lease === undefined) this.#deleteLease.run(leaseId);
      else this.#saveLease.run(...leaseRow(lease));
      writtenBytes += LEASE_BYTES;
    }
    return writtenBytes;
  }

  #keepSession(session: SavedSession): number {
    const content = encodeSession(session);
    this.#saveSession.run(session.sessionId, content, contentCrc(content));
    return content.byteLength;
  }

  #dropSession(sessionId: number): number {
    this.#deleteSession.run(sessionId);
    return 0;
  }
}

export function insertEmptyState(database: Database): void {
  const { lastApplied, membership, revision, logTimeMs, leases } = SAVED_STATE_EMPTY;
  database
    .prepare<AppliedRow>(`INSERT INTO applied (id, ${APPLIED_COLUMNS}) VALUES (1, ?, ?, ?, ?, ?, ?)`)
    .run(...appliedRow(lastApplied, revision, logTimeMs, leases.extendedAtMs));
  const content = encodeMembership(membership);
  database.prepare("INSERT INTO membership (id, content, crc32) VALUES (1, ?, ?)").run(content, contentCrc(content));
}

/** @throws CorruptStateError, DecodeError */
export function loadState(database: Database): SavedState {
  const applied = database.prepare<[], AppliedRow>(`SELECT ${APPLIED_COLUMNS} FROM applied`).raw().get();
  const membership = database.prepare<[], ContentRow>("SELECT content, crc32 FROM membership").raw().get();
  if (applied === undefined || membership === undefined) throw new CorruptStateError("the state has lost its position");
  const [term, index, revision, logTimeMs, extendedAtMs, crc] = applied;
  const lastApplied = { term, index };
  if (appliedRow(lastApplied, revision, logTimeMs, extendedAtMs)[5] !== crc) {
    throw new CorruptStateError("the applied position does not match its checksum");
  }
  return {
    lastApplied,
    revision,
    logTimeMs,
    membership: decodeMembership(checkedContent("the membership", membership)),
    sessions: loadSessions(database),
    leases: { leases: loadLeases(database), extendedAtMs },
    changes: loadChanges(database, { revision, logTimeMs }),
  };
}

function loadLeases(database: Database): SavedLease[] {
  const rows = database.prepare<[], LeaseRow>(`SELECT ${LEASE_COLUMNS} FROM leases ORDER BY lease_id`).raw().iterate();
  const leases = Array.from(rows, ([leaseId, ttlMs, deadlineMs, isOwnedByKey, crc]) => {
    const lease = { leaseId, ttlMs, deadlineMs, isOwnedByKey: isOwnedByKey === 1 };
    if (leaseRow(lease)[4] !== crc) throw new CorruptStateError(`lease ${leaseId} does not match its checksum`);
    return lease;
  });
  const problem = leaseBindingProblem(leases, leaseKeyCounts(database));
  if (problem !== undefined) throw new CorruptStateError(problem);
  return leases;
}

function leaseRow({ leaseId, ttlMs, deadlineMs, isOwnedByKey }: SavedLease): LeaseRow {
  const owned = isOwnedByKey ? 1 : 0;
  return [leaseId, ttlMs, deadlineMs, owned, contentCrc(`${leaseId} ${ttlMs} ${deadlineMs} ${owned}`)];
}

function loadSessions(database: Database): SavedSession[] {
  const rows = database
    .prepare<[], ContentRow>("SELECT content, crc32 FROM sessions ORDER BY session_id")
    .raw()
    .iterate();
  return Array.from(rows, (row) => decodeSession(checkedContent("a session", row)));
}

function checkedContent(name: string, [content, crc]: ContentRow): Uint8Array {
  if (contentCrc(content) !== crc) throw new CorruptStateError(`${name} does not match its checksum`);
  return plainBytes(content);
}

function appliedRow(
  { term, index }: LogId,
  revision: number,
  logTimeMs: number,
  leasesExtendedAtMs: number,
): AppliedRow {
  const numbers = [term, index, revision, logTimeMs, leasesExtendedAtMs] as const;
  return [...numbers, contentCrc(numbers.join(" "))];
}

function encodeMembership(membership: StoredMembership): Uint8Array {
  return encodeRow(storedMembershipToRow(membership));
}

function decodeMembership(bytes: Uint8Array): StoredMembership {
  return readMembership(decodeRow(bytes, stateMachineLimits.membershipRowBytesMax));
}
