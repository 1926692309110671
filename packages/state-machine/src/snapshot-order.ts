import { isSameLogId, type LogId, type SnapshotMeta } from "@aspenjs/api";

/** Why a snapshot must not replace a state that has applied the log up to `lastApplied`; nothing when it may. */
export function snapshotOrderProblem({ lastIncluded }: SnapshotMeta, lastApplied: LogId): string | undefined {
  if (lastIncluded.index < lastApplied.index) {
    return `it ends at index ${lastIncluded.index}, before ${lastApplied.index}, which is applied already`;
  }
  if (lastIncluded.term < lastApplied.term) {
    return `its term ${lastIncluded.term} is before ${lastApplied.term}, the term of what is applied already`;
  }
  if (lastIncluded.index === lastApplied.index && !isSameLogId(lastIncluded, lastApplied)) {
    return `it holds another entry at index ${lastApplied.index} than the one that is applied already`;
  }
  return undefined;
}
