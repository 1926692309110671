import { unreachable } from "../assert.ts";
import type { KeyValueEntry, Revision } from "../key-value-entry.ts";
import type { LeaseId, LeaseStatus } from "../lease.ts";
import { assertReadEntries } from "../read-gate.ts";
import type { ScanPage, ScanQuery } from "../read.ts";
import type { CompareResult, Expected, LeaseRevokeResult, WriteCommand, WriteResult } from "../write-command.ts";
import { writeRefusalError } from "../write-refusal.ts";
import { compareBytes } from "./byte-order.ts";
import { copyOf, EntryTable } from "./entry-table.ts";
import { LeaseBook, leaseKeys, leaseStatus, type Moment } from "./lease-book.ts";
import { MemoryHistory } from "./memory-watch.ts";
import { deletion, setKey } from "./operation.ts";
import { RevisionDraft } from "./revision-draft.ts";
import { runTransaction } from "./transaction.ts";
import { UndoLog } from "./undo-log.ts";

/**
 * Keys, values and leases as they are after a sequence of commands; nothing but the commands and their moments decides.
 * Commands and queries have passed their gates. Values are copied on the way in and on the way out, so that no caller
 * holds a piece of the state: over a network it could not either.
 */
export class KeyValueState {
  #revision: Revision = 0;
  readonly #undoLog = new UndoLog();
  readonly #table = new EntryTable(this.#undoLog);
  readonly #leases = new LeaseBook(this.#undoLog);
  readonly history = new MemoryHistory();

  get revision(): Revision {
    return this.#revision;
  }

  /** @throws AspenError when the state refuses the command, which then has changed nothing */
  apply(command: WriteCommand, moment: Moment): WriteResult {
    return this.#draft(moment, (draft) => this.#run(command, draft));
  }

  get(key: string): KeyValueEntry | undefined {
    const entry = this.#table.find(key);
    return entry && copyOf(entry);
  }

  /** @throws AspenError when the entries are too large together */
  getMulti(keys: readonly string[]): (KeyValueEntry | undefined)[] {
    const entries = keys.map((key) => this.#table.find(key));
    assertReadEntries(entries);
    return entries.map((entry) => entry && copyOf(entry));
  }

  scan(query: ScanQuery): ScanPage {
    return this.#table.scan(query);
  }

  /** @throws AspenError when there is no such lease */
  keepLeaseAlive(leaseId: LeaseId, nowMs: number): LeaseStatus {
    const lease = this.#leases.find(leaseId);
    if (lease === undefined) throw writeRefusalError("leaseNotFound");
    return leaseStatus(this.#leases.keepAlive(lease, nowMs), nowMs);
  }

  lease(leaseId: LeaseId, nowMs: number): LeaseStatus | undefined {
    const lease = this.#leases.find(leaseId);
    return lease && leaseStatus(lease, nowMs);
  }

  leaseKeys(leaseId: LeaseId, limit: number): { readonly keyCount: number; readonly keys: readonly string[] } {
    const lease = this.#leases.find(leaseId);
    if (lease === undefined) return { keyCount: 0, keys: [] };
    return { keyCount: lease.keys.size, keys: limit === 0 ? [] : leaseKeys(lease).slice(0, limit) };
  }

  leases(after: LeaseId, limit: number, nowMs: number): LeaseStatus[] {
    return this.#leases.above(after, limit).map((lease) => leaseStatus(lease, nowMs));
  }

  /** Ends the lease that was due first. `false`: none is due. */
  endFirstDueLease(moment: Moment): boolean {
    const lease = this.#leases.firstDueBy(moment.nowMs);
    if (lease === undefined) return false;
    this.#draft(moment, (draft) => draft.endLease(lease));
    return true;
  }

  #draft<Result>(moment: Moment, change: (draft: RevisionDraft) => Result): Result {
    const draft = new RevisionDraft({ table: this.#table, leases: this.#leases, revision: this.#revision, moment });
    const result = this.#undoLog.attempt(() => change(draft));
    if (draft.revision > this.#revision) this.#note(draft);
    return result;
  }

  #note(draft: RevisionDraft): void {
    this.#revision = draft.revision;
    this.history.append({ revision: draft.revision, changes: draft.changes() });
  }

  #run(command: WriteCommand, draft: RevisionDraft): WriteResult {
    switch (command.kind) {
      case "set":
        return { ...setKey(draft, command, command.returnPrevious === true), revision: draft.revision };
      case "setMulti":
        for (const pair of command.pairs) draft.set(pair);
        return { kind: "setMulti", revision: draft.revision };
      case "delete":
        return {
          ...deletion(draft, draft.delete([command.key]), command.returnPrevious === true),
          revision: draft.revision,
        };
      case "deleteMulti":
        return {
          ...deletion(draft, draft.delete(command.keys), command.returnPrevious === true),
          revision: draft.revision,
        };
      case "deleteRange": {
        const deleted = draft.deleteRange(command.range);
        return { ...deletion(draft, deleted, command.returnPrevious === true), revision: draft.revision };
      }
      case "compareAndSwap":
        return compareAnd(draft, command.key, command.expected, () => draft.set(command));
      case "compareAndDelete":
        return compareAnd(draft, command.key, command.expected, () => draft.delete([command.key]));
      case "transaction":
        return runTransaction(draft, command);
      case "leaseGrant": {
        const { leaseId, ttlMs } = draft.grantLease(command);
        return { kind: "leaseGrant", revision: draft.revision, leaseId, ttlMs };
      }
      case "leaseRevoke":
        return this.#revokeLease(command.leaseId, draft);
      default:
        return unreachable(command);
    }
  }

  #revokeLease(leaseId: LeaseId, draft: RevisionDraft): LeaseRevokeResult {
    const lease = this.#leases.find(leaseId);
    const deletedCount = lease === undefined ? 0 : draft.endLease(lease);
    return { kind: "leaseRevoke", revision: draft.revision, wasGranted: lease !== undefined, deletedCount };
  }
}

function compareAnd(draft: RevisionDraft, key: string, expected: Expected, change: () => unknown): CompareResult {
  const actual = draft.find(key);
  if (!isAsExpected(actual, expected)) {
    const { revision } = draft;
    return { kind: "compare", outcome: "conflict", revision, actual: actual && draft.answer(actual) };
  }
  change();
  return { kind: "compare", outcome: "ok", revision: draft.revision };
}

function isAsExpected(actual: KeyValueEntry | undefined, expected: Expected): boolean {
  switch (expected.kind) {
    case "absent":
      return actual === undefined;
    case "value":
      return actual !== undefined && compareBytes(actual.value, expected.value) === 0;
    case "modRevision":
      return actual?.modRevision === expected.modRevision;
    default:
      return unreachable(expected);
  }
}
