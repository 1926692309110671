/**
 * The bytes that several packages share, and nothing else: rows in, rows out, no I/O.
 * @packageDocumentation
 */
export { admissionProof, isAdmissionProof } from "./admission.ts";
export {
  decodeAdmissionAnswer,
  decodeAdmissionRequest,
  encodeAdmissionAnswer,
  encodeAdmissionRequest,
} from "./admission-message.ts";
export { decodeClientAnswer, encodeClientAnswer } from "./client-answer.ts";
export { decodeClientCall, encodeClientCall } from "./client-request.ts";
export {
  clientTicketBytes,
  decodeClientTicket,
  encodeClientTicket,
  isExpired,
  verifyClientTicket,
} from "./client-ticket.ts";
export {
  decodeClusterMessage,
  decodeClusterMessageAnswer,
  encodeClusterMessage,
  encodeClusterMessageAnswer,
} from "./cluster-message.ts";
export { ClusterSecret } from "./cluster-secret.ts";
export { commandResultRow, decodeCommandResult, encodeCommandResult, readCommandResult } from "./command-result.ts";
export { FrameAssembly, joinFrames } from "./frame-stream.ts";
export { decodeJoinTicket, encodeJoinTicket } from "./join-ticket.ts";
export { keyValueEntryRow, readKeyValueEntry } from "./key-value-entry-row.ts";
export { leaderHintOf, notLeaderError } from "./leader-hint.ts";
export { COMMAND_RESULT_BYTES_MAX, COMMAND_RESULT_CELLS_MAX, LOG_COMMAND_BYTES_MAX, protocolLimits } from "./limits.ts";
export { decodeLogCommand, encodeLogCommand, logCommandActionBytes } from "./log-command.ts";
export { decodeLogAsk, decodeLogTell, encodeLogAsk, encodeLogTell } from "./log-frame.ts";
export { PROTOCOL_IDS } from "./protocol-ids.ts";
export { REQUEST_KINDS } from "./request-kind.ts";
export { allows, TICKET_ACCESSES } from "./ticket-access.ts";
export { ticketError, ticketKindOf } from "./ticket-text.ts";
export {
  decodeWatchAsk,
  decodeWatchTell,
  encodeWatchAsk,
  encodeWatchTell,
  keyChangeBytes,
  keyChangeRow,
  readKeyChange,
} from "./watch-frame.ts";
export { readWriteCommand, writeCommandRow } from "./write-command-row.ts";
export { readWriteResult, writeResultRow } from "./write-result-row.ts";

export type { AdmissionRole, AdmissionTranscript } from "./admission.ts";
export type { AdmissionAnswer, AdmissionRequest, AdmittedNode } from "./admission-message.ts";
export type { AnswerOf, AnswerOfKind, HelloAnswer } from "./client-answer.ts";
export type {
  ClientCall,
  ClientRequest,
  CloseSessionRequest,
  GetKeyRequest,
  GetMultiKeysRequest,
  HelloRequest,
  IssueTicketRequest,
  JoinTicketRequest,
  KeepLeaseAliveRequest,
  OpenSessionRequest,
  ListLeaseStatusesRequest,
  GetLeaseStatusRequest,
  RequestByKind,
  ScanKeysRequest,
  SqlQueryCallRequest,
  WriteRequest,
} from "./client-request.ts";
export type { ClientTicket, TicketCheck } from "./client-ticket.ts";
export type {
  AddLearnerRequest,
  ChangeMembershipRequest,
  ClusterCall,
  CurrentStateRequest,
  GetLeaderRequest,
  GetMetricsRequest,
  InitRequest,
  PromoteLearnerRequest,
  RemoveNodeRequest,
  TransferLeadershipRequest,
  TriggerSnapshotRequest,
} from "./cluster-call.ts";
export type {
  ClusterMessage,
  ClusterMessageAnswerOf,
  ClusterMessageKind,
  DescribeMessage,
  JoinAsLearnerMessage,
  NodeDescription,
  PrepareInitAnswer,
  PrepareInitMessage,
} from "./cluster-message.ts";
export type { JoinTicket } from "./join-ticket.ts";
export type { LogCommand } from "./log-command.ts";
export type { LogAsk, LogEnded, LogOpened, LogProgress, LogTell, LogTold } from "./log-frame.ts";
export type { LeaseAction, LogAction } from "@aspenjs/api";
export type { ProtocolId } from "./protocol-ids.ts";
export type { RequestKind } from "./request-kind.ts";
export type { SessionReference } from "./session-reference.ts";
export type { TicketAccess } from "./ticket-access.ts";
export type { TicketBytesOutcome, TicketKind, TicketOutcome, TicketRefusal } from "./ticket-text.ts";
export type {
  CloseWatch,
  OpenWatch,
  WatchAsk,
  WatchChanges,
  WatchEnded,
  WatchOpened,
  WatchProgress,
  WatchTell,
} from "./watch-frame.ts";
