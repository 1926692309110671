/**
 * The gates before anything is sent: what passes can be written as a request.
 * Everything here throws AspenError `invalid_request`, or `key_too_large`.
 */
import {
  AspenError,
  assertKeyRange,
  assertLeaseId,
  assertLeasePosition,
  assertNodeRecord,
  assertReadKeys,
  assertReadOptions,
  assertScanLimit,
  assertSqlDeadline,
  assertSqlQuery,
  assertUserKey,
  isNodeId,
  limits,
  utf8ByteLength,
  type GetLeaseRequest,
  type GetMultiRequest,
  type GetRequest,
  type ListLeasesRequest,
  type NodeId,
  type NodeRecord,
  type ReadConsistency,
  type ReadOptions,
  type ScanRequest,
  type SqlQueryRequest,
} from "@aspenjs/api";
import {
  protocolLimits,
  TICKET_ACCESSES,
  type GetKeyRequest,
  type GetLeaseStatusRequest,
  type GetMultiKeysRequest,
  type IssueTicketRequest,
  type ListLeaseStatusesRequest,
  type ScanKeysRequest,
  type SqlQueryCallRequest,
  type TicketAccess,
} from "@aspenjs/protocol";

export interface IssueTicketOptions {
  readonly access: TicketAccess;
  /** Keys outside of all of these do not exist for the bearer. Every key when empty or left out. */
  readonly keyPrefixes?: readonly string[];
  /** The ticket does not expire when this is left out. */
  readonly ttlMs?: number;
}

export function getKeyRequest(request: GetRequest): GetKeyRequest {
  assertUserKey(request.key);
  return { kind: "get", key: request.key, consistency: consistencyOf(request) };
}

export function scanKeysRequest(request: ScanRequest): ScanKeysRequest {
  const { range, limit = limits.scanLimitDefault, reverse = false, keysOnly = false, continuation } = request;
  assertKeyRange(range);
  assertScanLimit(limit);
  if (continuation !== undefined) assertText("a continuation", continuation, protocolLimits.continuationBytesMax);
  return { kind: "scan", range, limit, reverse, keysOnly, consistency: consistencyOf(request), continuation };
}

export function getMultiKeysRequest(request: GetMultiRequest): GetMultiKeysRequest {
  assertReadKeys(request.keys);
  return { kind: "getMulti", keys: request.keys, consistency: consistencyOf(request) };
}

export function getLeaseStatusRequest(request: GetLeaseRequest): GetLeaseStatusRequest {
  const { leaseId, keysLimit = 0 } = request;
  assertLeaseId(leaseId);
  assertScanLimit(keysLimit);
  return { kind: "getLease", leaseId, keysLimit, consistency: consistencyOf(request) };
}

export function listLeaseStatusesRequest(request: ListLeasesRequest): ListLeaseStatusesRequest {
  const { after = 0, limit = limits.scanLimitDefault } = request;
  assertLeasePosition(after);
  assertScanLimit(limit);
  return { kind: "listLeases", after, limit, consistency: consistencyOf(request) };
}

export function sqlQueryRequest(request: SqlQueryRequest, deadlineMs: number): SqlQueryCallRequest {
  const { sql, parameters = [] } = request;
  assertSqlQuery(sql, parameters);
  assertSqlDeadline(deadlineMs);
  const values = parameters.map((value) => (typeof value === "boolean" ? Number(value) : value));
  return { kind: "query", sql, parameters: values, consistency: consistencyOf(request) };
}

export function issueTicketRequest({ access, keyPrefixes = [], ttlMs }: IssueTicketOptions): IssueTicketRequest {
  if (!TICKET_ACCESSES.includes(access)) throw invalid(`an access is one of ${TICKET_ACCESSES.join(", ")}`);
  if (keyPrefixes.length > protocolLimits.ticketKeyPrefixesMax) {
    throw invalid(`a ticket has at most ${protocolLimits.ticketKeyPrefixesMax} key prefixes`);
  }
  for (const prefix of keyPrefixes) assertText("a key prefix", prefix, limits.keyBytesMax);
  if (ttlMs !== undefined && !(Number.isSafeInteger(ttlMs) && ttlMs >= 1 && ttlMs <= protocolLimits.ticketTtlMsMax)) {
    throw invalid(`a time to live is a whole number of milliseconds, at most ${protocolLimits.ticketTtlMsMax}`);
  }
  return { kind: "issueTicket", access, keyPrefixes, ttlMs };
}

export function assertNodeIds(nodeIds: readonly NodeId[]): void {
  if (nodeIds.length > limits.peersMax) throw invalid(`a cluster has at most ${limits.peersMax} members`);
  for (const nodeId of nodeIds) assertNodeId(nodeId);
}

export function assertNodeId(nodeId: NodeId): void {
  if (!isNodeId(nodeId)) throw invalid("a node id is an integer from 1 to 2^53 - 1");
}

export function assertNodeRecords(records: readonly NodeRecord[]): void {
  if (records.length > limits.peersMax) throw invalid(`a cluster has at most ${limits.peersMax} members`);
  for (const record of records) assertNodeRecord(record);
}

function consistencyOf(request: ReadOptions): ReadConsistency {
  assertReadOptions(request);
  return request.consistency ?? "linearizable";
}

function assertText(what: string, text: string, bytesMax: number): void {
  if (!text.isWellFormed()) throw invalid(`${what} must not hold an unpaired surrogate`);
  const size = utf8ByteLength(text);
  if (size <= bytesMax) return;
  throw new AspenError("invalid_request", `${what} has at most ${bytesMax} bytes`, {
    details: { size, max: bytesMax },
  });
}

function invalid(message: string): AspenError {
  return new AspenError("invalid_request", message);
}
