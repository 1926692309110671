/**
 * Every contract of Aspen in one place: commands, reads, cluster calls, errors, limits, and the ports that backends
 * implement. Nothing here does I/O.
 * @packageDocumentation
 */
export { AspenError } from "./aspen-error.ts";
export { abandonedError } from "./abandoned-error.ts";
export { assert, AssertionFailure, unreachable } from "./assert.ts";
export { membershipOf, requireVoter, withLearner, withoutNode, withPromoted, withVoters } from "./cluster-change.ts";
export { decodeContinuation, encodeContinuation } from "./continuation.ts";
export { ERROR_CODES, isRetryable } from "./error-code.ts";
export { HARD_STATE_ZERO } from "./hard-state.ts";
export { assertUserKey, compareKeys, SYSTEM_KEY_PREFIX, utf8ByteLength } from "./key.ts";
export { limitedLogger } from "./limited-logger.ts";
export { limits } from "./limits.ts";
export { compareLogIds, isSameLogId, LOG_ID_ZERO } from "./log-id.ts";
export {
  assertMembership,
  findNodeRecord,
  isJoint,
  isMember,
  isVoter,
  memberIds,
  MEMBERSHIP_EMPTY,
  membershipProblem,
} from "./membership.ts";
export { compareNodeIds, isNodeId } from "./node-id.ts";
export { assertLogSubscription } from "./log-gate.ts";
export { assertNodeRecord } from "./node-record-gate.ts";
export { assertLeaseBinding, assertLeaseId, assertLeaseTtl } from "./lease-gate.ts";
export { NODE_ROLES } from "./cluster-state.ts";
export { SILENT_LOGGER } from "./ports/logger.ts";
export { READ_CONSISTENCIES, READ_FALLBACKS } from "./read.ts";
export { assertLeasePosition, assertReadEntries, assertReadKeys } from "./read-gate.ts";
export { assertKeyRange, assertReadOptions, assertScanLimit, scanQuery } from "./scan-gate.ts";
export { assertSqlDeadline, assertSqlQuery, SqlResultBudget } from "./sql-gate.ts";
export { STORAGE_DONE } from "./storage-fault.ts";
export { changesKeyTwice, transactionByteLength } from "./transaction-gate.ts";
export { COMPARE_OPERATORS, NUMBER_TARGETS } from "./transaction.ts";
export { assertWriteCommand } from "./write-gate.ts";
export { assertWatchFilter, assertWatchRequest, isWatched } from "./watch-gate.ts";
export { WRITE_REFUSALS, writeRefusalError } from "./write-refusal.ts";

export type { FaultPointHook } from "./fault-point.ts";
export type { AspenErrorOptions, ErrorDetails } from "./aspen-error.ts";
export type { CallOptions } from "./call-options.ts";
export type {
  AddLearnerOptions,
  ChangeMembershipOptions,
  ClusterController,
  PromoteLearnerOptions,
} from "./cluster-controller.ts";
export type { ClusterState, LatencySummary, LeaderInfo, NodeMetrics, NodeRole, PeerMetrics } from "./cluster-state.ts";
export type { Continuation } from "./continuation.ts";
export type { ErrorCode } from "./error-code.ts";
export type { HardState } from "./hard-state.ts";
export type { KeyValueEntry, Revision } from "./key-value-entry.ts";
export type { KeyValueStore } from "./key-value-store.ts";
export type { LeaseBinding, LeaseId, LeaseStatus } from "./lease.ts";
export type { GetLeaseRequest, GetLeaseResult, ListLeasesRequest, ListLeasesResult } from "./lease-read.ts";
export type { EntryPayload, LogEntry } from "./log-entry.ts";
export type { LimitedLoggerOptions } from "./limited-logger.ts";
export type { LogId, LogIndex, Term } from "./log-id.ts";
export type {
  BlankRecord,
  CommandRecord,
  LeaseAction,
  LogAction,
  LoggedWrite,
  LogRecord,
  MembershipRecord,
} from "./log-record.ts";
export type { LogBatch, LogSubscription, LogSubscriptionRequest, ReplicatedLog } from "./log-subscription.ts";
export type { Membership, NodeRecord, StoredMembership } from "./membership.ts";
export type { NodeId, PeerId } from "./node-id.ts";
export type { CancelTimer, Clock } from "./ports/clock.ts";
export type {
  ChangePage,
  CommandResult,
  KeyValueStateMachine,
  LeaseKeys,
  StoredLease,
} from "./ports/key-value-state-machine.ts";
export type { LogFields, Logger, LogLevel } from "./ports/logger.ts";
export type {
  LogReadOutcome,
  LogState,
  LogStore,
  LogVerifyOutcome,
  LogWriteBatch,
  TermRun,
} from "./ports/log-store.ts";
export type { Random } from "./ports/random.ts";
export type {
  SnapshotInstallOutcome,
  SnapshotMeta,
  SnapshotReadOutcome,
  SnapshotSink,
  SnapshotSource,
} from "./ports/snapshot.ts";
export type { SqlReader, SqlReading, SqlReadResult } from "./ports/sql-reader.ts";
export type {
  AppliedState,
  ApplyOutcome,
  FlushOutcome,
  StateMachine,
  TakeSnapshotOutcome,
} from "./ports/state-machine.ts";
export type {
  IncomingRequest,
  PeerAddress,
  PeerEvent,
  PeerGate,
  ProtocolHandlers,
  RequestOptions,
  SendOutcome,
  Transport,
  TransportStream,
} from "./ports/transport.ts";
export type {
  GetMultiRequest,
  GetMultiResult,
  GetRequest,
  GetResult,
  KeyRange,
  ReadConsistency,
  ReadFallback,
  ReadLabel,
  ReadOptions,
  ScanPage,
  ScanQuery,
  ScanRequest,
  ScanResult,
} from "./read.ts";
export type { SqlCell, SqlParameter, SqlQueryRequest, SqlQueryResult, SqlStore, SqlTable } from "./sql-query.ts";
export type { StorageFault, StorageOutcome } from "./storage-fault.ts";
export type {
  Compare,
  CompareOperator,
  NumberCompare,
  NumberTarget,
  OperationResult,
  TransactionCommand,
  TransactionOperation,
  TransactionResult,
  ValueCompare,
} from "./transaction.ts";
export type {
  CompareAndDeleteCommand,
  CompareAndSwapCommand,
  CompareResult,
  DeleteCommand,
  DeleteMultiCommand,
  DeleteRangeCommand,
  DeleteResult,
  Expected,
  KeyValuePair,
  LeaseGrantCommand,
  LeaseGrantResult,
  LeaseRevokeCommand,
  LeaseRevokeResult,
  SetCommand,
  SetMultiCommand,
  SetMultiResult,
  SetResult,
  WriteCommand,
  WriteResult,
  WriteResultOf,
} from "./write-command.ts";
export type { WriteRefusal } from "./write-refusal.ts";
export type { KeyChange, RevisionChanges, Watch, WatchBatch, WatchFilter, WatchRequest } from "./watch.ts";
