import { assert, limits } from "@aspenjs/api";
import { COMMAND_RESULT_BYTES_MAX, protocolLimits } from "@aspenjs/protocol";

/**
 * The bounds of the replicated state. Those of sessions are part of what the log means: every replica must have the
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
