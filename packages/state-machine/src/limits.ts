import { assert, limits } from "@aspenjs/api";
import { COMMAND_RESULT_BYTES_MAX, LOG_COMMAND_BYTES_MAX, protocolLimits } from "@aspenjs/protocol";

const HISTORY_PREVIOUS_BYTES_MAX = 1_048_576;
/** Those that a transaction names one by one, and those of its ranges. No other command changes more. */
const CHANGES_MAX = Math.max(limits.transactionItemsMax, limits.batchItemsMax) + limits.changedKeysMax;
/** Heads and numbers of one change and of both its entries, beside keys and values. */
const CHANGE_OVERHEAD_BYTES_MAX = 128;
/** The list and its kind, and two entries: a list, key and value as four each, and four numbers. */
const CHANGE_CELLS = 2 + 2 * 13;

/**
 * The bounds of the replicated state. Those of sessions and of the history are part of what the log means: every replica must have the
 * same ones, so they are constants of the release and no options.
 */
export const stateMachineLimits = {
  sessionsMax: 10_000,
  /** A session that no command used for so much log time is forgotten. */
  sessionIdleMsMax: 3_600_000,
  /** How far a sequence number may be ahead of what the client has acknowledged. */
  sessionWindowMax: protocolLimits.sessionWindowMax,
  /** Beyond this many bytes of results a client must acknowledge some before it may write on. */
  sessionResultBytesMax: 4 * 1_048_576,
  /** All results of all sessions; beyond it the session that was used least recently is forgotten. */
  sessionTableBytesMax: 256 * 1_048_576,
  sessionRowBytesMax: 16 * 1_048_576,
  /** Results may hold many tiny entries: a session has as many cells as its bytes can hold. */
  sessionRowCellsMax: 4 * 16 * 1_048_576,
  /** The newest revisions, whose changes are kept: so many, so many bytes of them, and so old in log time. */
  historyRevisionsMax: 65_536,
  historyBytesMax: 32 * 1_048_576,
  historyAgeMsMax: 3_600_000,
  /** When the keys that one revision changed held more than this before, keys and values, that is not kept. */
  historyPreviousBytesMax: HISTORY_PREVIOUS_BYTES_MAX,
  /** Keys that one revision changes, and the row of such a revision. */
  changesMax: CHANGES_MAX,
  changeRowBytesMax: 24 * 1_048_576,
  changeRowCellsMax: CHANGES_MAX * CHANGE_CELLS + 1,
  membershipRowBytesMax: 4 * 1_048_576,
  membershipNodesMax: 1_024,
  snapshotMetaBytesMax: 4 * 1_048_576 + 1_024,
  /** Of one `SnapshotSource.read`. */
  snapshotReadBytesMax: 16 * 1_048_576,
  /** Bytes of the write-ahead file after which its pages are moved into the database file. */
  checkpointAfterBytes: 32 * 1_048_576,
  sqlProcessesDefault: 4,
  sqlProcessesMax: 10,
  /** Queries that wait for a process; beyond it `resource_exhausted`. */
  sqlQueriesWaitingMax: 64,
  /** Resident memory of one process that answers queries, Node.js included; beyond it the process is ended. */
  sqlProcessBytesMax: 384 * 1_048_576,
  /** How much longer than its query a process lives that nobody is there to end. */
  sqlProcessGraceMs: 1_000,
  /** Checkpoints in a row that readers may keep from finishing before they are held back. */
  checkpointsHeldUpMax: 2,
} as const;

/** What the session table needs to know; apart from the rest, so that a test can make it small. */
export interface SessionLimits {
  readonly sessionsMax: number;
  readonly sessionIdleMsMax: number;
  readonly sessionWindowMax: number;
  readonly sessionResultBytesMax: number;
  readonly sessionTableBytesMax: number;
}

/** What the history needs to know. */
export interface HistoryLimits {
  readonly historyRevisionsMax: number;
  readonly historyBytesMax: number;
  readonly historyAgeMsMax: number;
  readonly historyPreviousBytesMax: number;
}

const SESSION_RESULT_HEAD_BYTES_MAX = 32;

assert(
  stateMachineLimits.sessionResultBytesMax +
    COMMAND_RESULT_BYTES_MAX +
    stateMachineLimits.sessionWindowMax * SESSION_RESULT_HEAD_BYTES_MAX <
    stateMachineLimits.sessionRowBytesMax,
  "a full session, with one largest result on top, fits its row",
);
assert(
  stateMachineLimits.sessionRowBytesMax < stateMachineLimits.sessionTableBytesMax,
  "one session never fills the table",
);
assert(
  stateMachineLimits.membershipNodesMax * (limits.nodeAddressesMax + 1) * 64 < stateMachineLimits.membershipRowBytesMax,
  "a large membership with addresses of usual length fits its row",
);
assert(
  LOG_COMMAND_BYTES_MAX +
    limits.changedKeysMax * limits.keyBytesMax +
    HISTORY_PREVIOUS_BYTES_MAX +
    CHANGES_MAX * CHANGE_OVERHEAD_BYTES_MAX <
    stateMachineLimits.changeRowBytesMax,
  "what one command can change fits its row: all it names, all its ranges find, and what was there before",
);
assert(
  stateMachineLimits.changeRowBytesMax < stateMachineLimits.historyBytesMax,
  "one revision never fills the history",
);
