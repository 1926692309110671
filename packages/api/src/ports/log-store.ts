import type { HardState } from "../hard-state.ts";
import type { LogEntry } from "../log-entry.ts";
import type { LogId, LogIndex, Term } from "../log-id.ts";
import type { StorageFault, StorageOutcome } from "../storage-fault.ts";

/** One atomic, ordered write: truncate first, then append, with the hard state in the same transaction. */
export interface LogWriteBatch {
  readonly hardState?: HardState;
  /** Entries at this index and beyond go away. Never at or below `purged` or `committed`. */
  readonly truncateFrom?: LogIndex;
  /** Contiguous, and contiguous with what stays. May be empty. */
  readonly entries: readonly LogEntry[];
  /** A hint for the next start: entries up to here may be applied without asking anyone. Never decreases. */
  readonly committed?: LogIndex;
}

export interface LogState {
  readonly hardState: HardState;
  /** Last entry that compaction removed, or that a snapshot replaced; zero when the log is whole. */
  readonly purged: LogId;
  /** Last entry; equal to `purged` when the log is empty. */
  readonly last: LogId;
  readonly committed: LogIndex;
}

/** All entries from `firstIndex` on have `term`, until the next run starts. */
export interface TermRun {
  readonly term: Term;
  readonly firstIndex: LogIndex;
}

export type LogReadOutcome =
  | { readonly kind: "entries"; readonly entries: readonly LogEntry[] }
  /** The range starts at or below `purged`. */
  | { readonly kind: "purged"; readonly purged: LogId }
  | { readonly kind: "fault"; readonly fault: StorageFault };

export type LogVerifyOutcome =
  | { readonly kind: "intact"; readonly entryCount: number }
  | { readonly kind: "broken"; readonly index: LogIndex; readonly reason: string }
  | { readonly kind: "fault"; readonly fault: StorageFault };

/**
 * The durable log of one node. Writes take effect in the order of the calls; a promise resolves when its batch, and
 * every batch before it, would survive a power cut. After the first fault every later write returns a fault.
 * Reads are synchronous and see every batch whose call has returned, durable or not.
 */
export interface LogStore {
  readonly state: LogState;
  append(batch: LogWriteBatch): Promise<StorageOutcome>;
  /**
   * Entries from `from` (included) to `to` (excluded), as many as fit `bytesMax` but at least one when the range is
   * not empty. Asking beyond the last entry is a bug of the caller.
   */
  read(from: LogIndex, to: LogIndex, bytesMax: number): LogReadOutcome;
  /** Terms of all entries behind `purged`, ascending; empty when the log is empty. */
  termRuns(): readonly TermRun[];
  /** Removes every entry up to `through`, durably. The last entry's id and the chain stay known. */
  purge(through: LogId): Promise<StorageOutcome>;
  /** The log becomes empty with `purged` = `last` = `to`: a snapshot took its place. Keeps the hard state. */
  reset(to: LogId): Promise<StorageOutcome>;
  /** Recomputes the hash chain over all entries. */
  verify(): Promise<LogVerifyOutcome>;
  close(): Promise<void>;
}
