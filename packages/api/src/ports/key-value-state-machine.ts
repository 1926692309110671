import type { KeyValueEntry, Revision } from "../key-value-entry.ts";
import type { LeaseId } from "../lease.ts";
import type { ScanPage, ScanQuery } from "../read.ts";
import type { RevisionChanges } from "../watch.ts";
import type { WriteResult } from "../write-command.ts";
import type { WriteRefusal } from "../write-refusal.ts";
import type { SqlReader } from "./sql-reader.ts";
import type { StateMachine } from "./state-machine.ts";

/** What a command in the log came to. Part of the replicated state: the same on every replica. */
export type CommandResult =
  | { readonly kind: "written"; readonly result: WriteResult }
  | { readonly kind: "sessionOpened"; readonly sessionId: number }
  | { readonly kind: "sessionClosed" }
  /** The session is unknown: never opened, closed, or idle for too long. Whether an earlier try took effect is lost. */
  | { readonly kind: "sessionExpired" }
  /** The sequence number was used with another command, was acknowledged already, or is too far ahead. */
  | { readonly kind: "sequenceRefused"; readonly reason: "reused" | "acknowledged" | "tooFarAhead" }
  /** The command was left without effect, for a reason that only the state knows. */
  | { readonly kind: "refused"; readonly reason: WriteRefusal }
  /** Of a keep-alive, an end or an extension: the leases that it reached. The others are not there or not due. */
  | { readonly kind: "leasesTouched"; readonly revision: Revision; readonly leaseIds: readonly LeaseId[] };

/** How many keys are bound to a lease, and the first of them in key order. */
export interface LeaseKeys {
  readonly keyCount: number;
  readonly keys: readonly string[];
}

/** A lease as every replica knows it: its end is a log time. */
export interface StoredLease {
  readonly leaseId: LeaseId;
  readonly ttlMs: number;
  /** The lease is due from this log time on, and ends when the leader has said so through the log. */
  readonly deadlineMs: number;
}

/** What happened from one revision on, as far as it is still kept. */
export type ChangePage =
  /** The oldest first, whole revisions; empty when nothing has happened yet. */
  | { readonly kind: "changes"; readonly revisions: readonly RevisionChanges[] }
  /** What was asked for is no longer kept: the history begins with `firstRevision`. */
  | { readonly kind: "compacted"; readonly firstRevision: Revision };

/** The replicated key-value state and the local questions one may ask it. */
export interface KeyValueStateMachine extends StateMachine<CommandResult> {
  readonly revision: Revision;
  /** Milliseconds of log time: the largest stamp applied so far. */
  readonly logTimeMs: number;
  /** The first revision whose changes are still kept; the next revision to come when nothing is kept. */
  readonly firstRevision: Revision;
  get(key: string): KeyValueEntry | undefined;
  scan(query: ScanQuery): ScanPage;
  lease(leaseId: LeaseId): StoredLease | undefined;
  /** In the order of their numbers, from the first above `after` on. */
  leases(after: LeaseId, limit: number): readonly StoredLease[];
  /** In the order of their numbers: those whose deadline is at or before this log time. */
  leasesDueBy(logTimeMs: number, limit: number): readonly LeaseId[];
  leaseKeys(leaseId: LeaseId, limit: number): LeaseKeys;
  /**
   * From this revision on, at most about so many bytes but at least one revision; `compacted` below `firstRevision`;
   * empty when `revision` lies ahead.
   */
  changesFrom(revision: Revision, bytesMax: number): ChangePage;
  /** Of a backend that understands SQL. */
  readonly sql?: SqlReader | undefined;
  /** BLAKE3 over the whole replicated state in canonical form, as lower-case hex; equal on replicas at equal index. */
  checksum(): Promise<string>;
}
