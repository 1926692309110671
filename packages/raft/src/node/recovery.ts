import {
  isSameLogId,
  type LogEntry,
  type LogId,
  type LogStore,
  type StateMachine,
  type StorageFault,
  type StoredMembership,
} from "@aspenjs/api";
import type { RaftStart } from "../core/raft.ts";

export type RecoveryOutcome =
  | { readonly kind: "recovered"; readonly start: RaftStart }
  | { readonly kind: "fault"; readonly fault: StorageFault };

const SCAN_BYTES_MAX = 1024 * 1024;
const SCAN_ENTRIES_MAX = 4_096;

/**
 * Makes one history of what the log store and the state machine each remember (S6). A crash may fall between any two of
 * their writes: the state machine may be ahead (a snapshot was installed) or behind (its last batches were not synced).
 */
export async function recover(logStore: LogStore, stateMachine: StateMachine<unknown>): Promise<RecoveryOutcome> {
  const { lastApplied, membership } = stateMachine.appliedState;
  if (lastApplied.index < logStore.state.purged.index) {
    return corrupt(
      `the state machine ends at entry ${lastApplied.index}, but the log starts behind ${logStore.state.purged.index}: ` +
        "its file was lost or replaced; remove this node from the cluster and let it join again as a new one",
    );
  }
  if (!holds(logStore, lastApplied)) {
    const outcome = await logStore.reset(lastApplied);
    if (outcome.kind === "fault") return outcome;
  }
  const memberships = membershipsBehind(logStore, lastApplied);
  if (memberships.kind === "fault") return memberships;
  return {
    kind: "recovered",
    start: {
      log: logStore.state,
      termRuns: logStore.termRuns(),
      reader: logStore,
      applied: lastApplied,
      memberships: [membership, ...memberships.stored],
    },
  };
}

/** Whether the log reaches as far as `logId` and agrees with it. */
function holds(logStore: LogStore, logId: LogId): boolean {
  const { purged, last } = logStore.state;
  if (logId.index > last.index) return false;
  if (logId.index === purged.index) return isSameLogId(logId, purged);
  return logStore.termRuns().findLast((run) => run.firstIndex <= logId.index)?.term === logId.term;
}

function membershipsBehind(
  logStore: LogStore,
  applied: LogId,
):
  | { readonly kind: "found"; readonly stored: readonly StoredMembership[] }
  | { readonly kind: "fault"; readonly fault: StorageFault } {
  const stored: StoredMembership[] = [];
  const last = logStore.state.last.index;
  let next = applied.index + 1;
  while (next <= last) {
    const outcome = logStore.read(next, Math.min(last, next + SCAN_ENTRIES_MAX - 1) + 1, SCAN_BYTES_MAX);
    if (outcome.kind === "fault") return outcome;
    if (outcome.kind === "purged") return corrupt(`the log lost entry ${next} while it was read`);
    for (const entry of outcome.entries) collect(entry, stored);
    next += outcome.entries.length;
  }
  return { kind: "found", stored };
}

function collect(entry: LogEntry, stored: StoredMembership[]): void {
  if (entry.payload.kind !== "membership") return;
  stored.push({ logId: { term: entry.term, index: entry.index }, membership: entry.payload.membership });
}

function corrupt(message: string): { readonly kind: "fault"; readonly fault: StorageFault } {
  return { kind: "fault", fault: { code: "corrupt", message } };
}
