/** Raft's logical time: at most one leader per term. Starts at 0, before any election. */
export type Term = number;

/** Position in the replicated log. The first entry has index 1; 0 means "before the first". */
export type LogIndex = number;

export interface LogId {
  readonly term: Term;
  readonly index: LogIndex;
}

export const LOG_ID_ZERO: LogId = { term: 0, index: 0 };

/** Raft's "at least as up to date": the later term wins, then the longer log (dissertation section 3.6.1). */
export function compareLogIds(left: LogId, right: LogId): number {
  return left.term - right.term || left.index - right.index;
}

export function isSameLogId(left: LogId, right: LogId): boolean {
  return left.term === right.term && left.index === right.index;
}
