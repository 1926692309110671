/**
 * What a replica of the key-value store does with the committed log: the logic that every backend shares, free of
 * any storage. The backends themselves are behind `./sqlite` and `./memory`.
 * @packageDocumentation
 */
export { actionDigest } from "./session.ts";
export { applyWrite } from "./write-interpreter.ts";
export { canonicalChunks, readCanonicalState } from "./canonical-state.ts";
export { changeHistoryProblem, ChangeHistory, keptChanges } from "./change-history.ts";
export { collectScanPage } from "./scan-page.ts";
export { decodeChanges } from "./change-row.ts";
export { decodeEntries } from "./decoded-entry.ts";
export { decodeSession, encodeSession } from "./session-row.ts";
export { decodeSnapshotMeta, encodeSnapshotMeta, isSameSnapshot } from "./snapshot-meta-row.ts";
export { prefixEnd, scanBounds } from "./key-range.ts";
export { ReplicatedState, SAVED_STATE_EMPTY } from "./replicated-state.ts";
export { SessionTable } from "./session-table.ts";
export { snapshotOrderProblem } from "./snapshot-order.ts";
export { stateMachineLimits } from "./limits.ts";

export type { CanonicalState } from "./canonical-state.ts";
export type { DecodedEntry, DecodedPayload, DecodeEntriesOutcome } from "./decoded-entry.ts";
export type { KeyBounds } from "./key-range.ts";
export type { KeyValueTable } from "./key-value-table.ts";
export type { SavedSession, SessionResult } from "./session.ts";
export type { SavedState } from "./replicated-state.ts";
export type { SavedChanges } from "./change-row.ts";
export type { HistoryLimits, SessionLimits } from "./limits.ts";
