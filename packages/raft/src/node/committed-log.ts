import type { LogEntry, LogIndex, LogStore, StorageFault } from "@aspenjs/api";

/** Entries that are committed and applied on this node, the first of them at the index that was asked for. */
export type CommittedRead =
  | { readonly kind: "entries"; readonly entries: readonly LogEntry[] }
  /** The log begins behind that index: it was compacted, or a snapshot took its place. */
  | { readonly kind: "compacted"; readonly firstIndex: LogIndex };

export type CommittedReadOutcome = CommittedRead | { readonly kind: "fault"; readonly fault: StorageFault };

export interface CommittedRange {
  readonly fromIndex: LogIndex;
  /**
   * As the core knows it. What is applied may be ahead: when a snapshot is in the state machine already and not yet in
   * the log's place, entries up to there are whatever an old leader left.
   */
  readonly committed: LogIndex;
  readonly applied: LogIndex;
}

/** One synchronous step: no compaction comes between its entries. */
export function readCommittedEntries(
  logStore: LogStore,
  { fromIndex, committed, applied }: CommittedRange,
  bytesMax: number,
): CommittedReadOutcome {
  const { purged, last } = logStore.state;
  if (fromIndex <= purged.index) return { kind: "compacted", firstIndex: purged.index + 1 };
  const end = Math.min(committed, applied, last.index) + 1;
  if (fromIndex >= end) return { kind: "entries", entries: [] };
  const outcome = logStore.read(fromIndex, end, bytesMax);
  return outcome.kind === "purged" ? { kind: "compacted", firstIndex: outcome.purged.index + 1 } : outcome;
}
