import type { LogEntry } from "../log-entry.ts";
import type { LogId } from "../log-id.ts";
import type { StoredMembership } from "../membership.ts";
import type { StorageFault } from "../storage-fault.ts";
import type { SnapshotMeta, SnapshotSink, SnapshotSource } from "./snapshot.ts";

export interface AppliedState {
  readonly lastApplied: LogId;
  /** The last membership entry at or before `lastApplied`; with `LOG_ID_ZERO` and the empty membership at first. */
  readonly membership: StoredMembership;
}

export type ApplyOutcome<Result> =
  /** One result per entry; `undefined` for entries that are not commands. */
  | { readonly kind: "applied"; readonly results: readonly (Result | undefined)[] }
  | { readonly kind: "fault"; readonly fault: StorageFault };

export type FlushOutcome =
  | { readonly kind: "flushed"; readonly durable: LogId }
  | { readonly kind: "fault"; readonly fault: StorageFault };

export type TakeSnapshotOutcome =
  | { readonly kind: "taken"; readonly meta: SnapshotMeta }
  | { readonly kind: "fault"; readonly fault: StorageFault };

/**
 * What the committed log acts on. Its state is a function of the log alone: no clock, no dice, no order of a hash
 * map. One `apply` at a time, in log order; the entries of one call and `lastApplied` change together or not at all.
 */
export interface StateMachine<Result> {
  readonly appliedState: AppliedState;
  apply(entries: readonly LogEntry[]): Promise<ApplyOutcome<Result>>;
  /**
   * What is applied may live in memory or in an unsynced file: a restart then applies the log again. After this
   * resolves, everything up to `durable` survives a power cut, so the log up to there may be purged.
   */
  flush(): Promise<FlushOutcome>;
  /** Writes a durable snapshot of the present state; `apply` may go on meanwhile. Replaces the latest one. */
  takeSnapshot(): Promise<TakeSnapshotOutcome>;
  readonly latestSnapshot: SnapshotMeta | undefined;
  /** The latest snapshot's bytes; `undefined` when there is none. */
  openSnapshot(): Promise<SnapshotSource | undefined>;
  receiveSnapshot(meta: SnapshotMeta): Promise<SnapshotSink>;
  close(): Promise<void>;
}
