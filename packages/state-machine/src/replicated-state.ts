/**
 * The state beside the table, and how one log entry changes both. Pure: what a replica holds after an entry is a
 * function of the entries up to it, so this one class is what both backends run.
 *
 * Invariants
 * M1  Entries are applied in log order, each once, none left out.
 * M2  Log time is the largest stamp so far; it never goes back.
 * M3  The revision never goes back, and moves by at most one per entry.
 * M4  The membership is that of the last membership entry applied.
 */
import {
  assert,
  LOG_ID_ZERO,
  MEMBERSHIP_EMPTY,
  type CommandResult,
  type LeaseId,
  type LogId,
  type Revision,
  type StoredMembership,
  type WriteCommand,
} from "@aspenjs/api";
import type { LogCommand, SessionReference } from "@aspenjs/protocol";
import { ChangeHistory } from "./change-history.ts";
import type { SavedChanges } from "./change-row.ts";
import type { DecodedEntry } from "./decoded-entry.ts";
import type { ChangeContext } from "./key-changes.ts";
import type { KeyValueTable } from "./key-value-table.ts";
import type { HistoryLimits } from "./limits.ts";
import { applyLeaseAction } from "./lease-interpreter.ts";
import { LeaseTable, type SavedLeases } from "./lease-table.ts";
import type { SavedSession } from "./session.ts";
import { SessionTable } from "./session-table.ts";
import { applyWrite } from "./write-interpreter.ts";

/** All of the replicated state apart from the table, as a backend stores it. */
export interface SavedState {
  readonly lastApplied: LogId;
  readonly membership: StoredMembership;
  readonly revision: Revision;
  readonly logTimeMs: number;
  readonly sessions: readonly SavedSession[];
  readonly leases: SavedLeases;
  /** Of the newest revisions, the oldest first. */
  readonly changes: readonly SavedChanges[];
}

export const SAVED_STATE_EMPTY: SavedState = {
  lastApplied: LOG_ID_ZERO,
  membership: { logId: LOG_ID_ZERO, membership: MEMBERSHIP_EMPTY },
  revision: 0,
  logTimeMs: 0,
  sessions: [],
  leases: { leases: [], extendedAtMs: 0 },
  changes: [],
};

export class ReplicatedState {
  readonly sessions: SessionTable;
  readonly leases: LeaseTable;
  readonly history: ChangeHistory;
  #lastApplied: LogId;
  #membership: StoredMembership;
  #revision: Revision;
  #logTimeMs: number;

  /**
   * @param leaseKeyCounts how many keys of the table are bound to each lease, for those that have any
   * @param historyLimits for simulations and tests; those of a cluster are the same everywhere
   */
  constructor(
    saved: SavedState = SAVED_STATE_EMPTY,
    leaseKeyCounts: Iterable<readonly [LeaseId, number]> = [],
    historyLimits?: HistoryLimits,
  ) {
    this.sessions = new SessionTable(saved.sessions);
    this.leases = new LeaseTable(saved.leases, leaseKeyCounts);
    this.history = new ChangeHistory(saved.changes, saved.revision, historyLimits);
    this.#lastApplied = saved.lastApplied;
    this.#membership = saved.membership;
    this.#revision = saved.revision;
    this.#logTimeMs = saved.logTimeMs;
  }

  get lastApplied(): LogId {
    return this.#lastApplied;
  }

  get membership(): StoredMembership {
    return this.#membership;
  }

  get revision(): Revision {
    return this.#revision;
  }

  get logTimeMs(): number {
    return this.#logTimeMs;
  }

  /** A copy of everything, for checksums and snapshots. */
  saved(): SavedState {
    const sessions = this.sessions.sessionIds().flatMap((sessionId) => this.sessions.saved(sessionId) ?? []);
    return {
      lastApplied: this.#lastApplied,
      membership: this.#membership,
      revision: this.#revision,
      logTimeMs: this.#logTimeMs,
      sessions,
      leases: this.leases.saved(),
      changes: this.history.saved(),
    };
  }

  /** The result of a command; `undefined` for entries that are none. */
  apply(entry: DecodedEntry, table: KeyValueTable): CommandResult | undefined {
    const { term, index, payload } = entry;
    assert(index === this.#lastApplied.index + 1, "M1: entries are applied in log order");
    assert(term >= this.#lastApplied.term, "M1: terms never go back");
    this.#lastApplied = { term, index };
    if (payload.kind === "membership") this.#membership = { logId: { term, index }, membership: payload.membership };
    return payload.kind === "command" ? this.#applyCommand(index, payload, table) : undefined;
  }

  #applyCommand(
    index: number,
    { command, digest }: { readonly command: LogCommand; readonly digest: number },
    table: KeyValueTable,
  ): CommandResult {
    const { action, session } = command;
    this.#logTimeMs = Math.max(this.#logTimeMs, command.logTimeMs);
    this.sessions.expire(this.#logTimeMs);
    this.history.expire(this.#logTimeMs);
    const { leases, history } = this;
    const context = { table, leases, history, revision: this.#revision, index, logTimeMs: this.#logTimeMs };
    switch (action.kind) {
      case "openSession":
        this.sessions.open(index, this.#logTimeMs);
        return { kind: "sessionOpened", sessionId: index };
      case "closeSession":
        assert(session !== undefined, "closeSession names a session");
        return this.sessions.close(session.sessionId) ? { kind: "sessionClosed" } : { kind: "sessionExpired" };
      case "renewLeases":
      case "expireLeases":
      case "extendLeases": {
        const touched = applyLeaseAction(action, context);
        this.#moveTo(touched.revision);
        return touched;
      }
      default:
        return this.#applyWrite(action, session, digest, context);
    }
  }

  #applyWrite(
    command: WriteCommand,
    session: SessionReference | undefined,
    digest: number,
    context: ChangeContext,
  ): CommandResult {
    const settled = session === undefined ? undefined : this.sessions.settle(session, digest, this.#logTimeMs);
    if (settled !== undefined) return settled;
    const result = applyWrite(command, context);
    if (result.kind === "written") this.#moveTo(result.result.revision);
    if (session !== undefined) this.sessions.remember(session, digest, result);
    return result;
  }

  #moveTo(revision: Revision): void {
    assert(revision >= this.#revision, "M3: the revision never goes back");
    assert(revision - this.#revision <= 1, "M3: one entry takes at most one revision");
    assert(this.history.lastRevision === revision, "H1: every revision has its changes in the history");
    this.#revision = revision;
  }
}
