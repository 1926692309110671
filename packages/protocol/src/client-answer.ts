/**
 * What a node answers over `/aspen/client/1`: one row `[version, kind of the request, ...fields]`. The kind is repeated
 * so that an answer to another question is refused instead of misread. Refusals are the transport's: an `AspenError`
 * travels with its code, retryable and details.
 */
import {
  assert,
  limits,
  utf8ByteLength,
  type ClusterState,
  type CommandResult,
  type GetLeaseResult,
  type GetMultiResult,
  type GetResult,
  type KeyValueEntry,
  type LeaderInfo,
  type LeaseStatus,
  type ListLeasesResult,
  type LogId,
  type NodeId,
  type NodeMetrics,
  type NodeRecord,
  type ReadLabel,
  type ScanResult,
  type SqlQueryResult,
} from "@aspenjs/api";
import {
  DecodeError,
  decodeRow,
  encodeRow,
  type Row,
  type RowReader,
  logIdToRow,
  readLogId,
  nodeRecordToRow,
} from "@aspenjs/codec";
import { consistencyCell, readConsistency, type ClientRequest } from "./client-request.ts";
import { clusterStateRow, readClusterState } from "./cluster-state.ts";
import { commandResultRow, readCommandResult } from "./command-result.ts";
import {
  entriesProblem,
  keyValueEntryRow,
  optionalEntryCell,
  readEntries,
  readOptionalEntry,
} from "./key-value-entry-row.ts";
import { leaderInfoRow, readLeaderInfo } from "./leader-info.ts";
import { leaseStatusRow, readLeaseStatus } from "./lease-row.ts";
import { protocolLimits } from "./limits.ts";
import type { MessageCodec } from "./message-codec.ts";
import { nodeMetricsRow, readNodeMetrics } from "./node-metrics.ts";
import { readClusterId, readNodeRecords } from "./node-record.ts";
import { readRequestKind, requestKindNumber, type RequestKind } from "./request-kind.ts";
import { readSqlTable, sqlTableCells } from "./sql-cell.ts";
import { integerCell, keyCell, readKey } from "./value-cell.ts";

/** Who answered, and everyone a client may turn to instead. */
export interface HelloAnswer {
  /** `undefined` on a node that belongs to no cluster yet. */
  readonly clusterId: string | undefined;
  readonly nodeId: NodeId;
  readonly leader: NodeId | undefined;
  /** All members that the node knows of; empty before `init`. */
  readonly nodes: readonly NodeRecord[];
}

interface AnswerByKind {
  readonly hello: HelloAnswer;
  readonly write: CommandResult;
  /** The id of the new session. */
  readonly openSession: number;
  readonly closeSession: CommandResult;
  readonly get: GetResult;
  readonly scan: ScanResult;
  readonly init: ClusterState;
  readonly addLearner: ClusterState;
  readonly promoteLearner: ClusterState;
  readonly changeMembership: ClusterState;
  readonly removeNode: ClusterState;
  /** The new leader. */
  readonly transferLeadership: NodeId;
  readonly currentState: ClusterState;
  readonly getMetrics: NodeMetrics;
  readonly triggerSnapshot: LogId;
  readonly getLeader: LeaderInfo | undefined;
  /** Text of the ticket. */
  readonly issueTicket: string;
  readonly joinTicket: string;
  readonly getMulti: GetMultiResult;
  readonly keepLeaseAlive: LeaseStatus;
  readonly getLease: GetLeaseResult;
  readonly listLeases: ListLeasesResult;
  readonly query: SqlQueryResult;
}

export type AnswerOfKind<Kind extends RequestKind> = AnswerByKind[Kind];
export type AnswerOf<Request extends ClientRequest> = AnswerByKind[Request["kind"]];

const VERSION = 1;

export function encodeClientAnswer<Kind extends RequestKind>(kind: Kind, answer: AnswerOfKind<Kind>): Uint8Array {
  const codec: MessageCodec<AnswerOfKind<Kind>> = CODECS[kind];
  const bytes = encodeRow([VERSION, requestKindNumber(kind), ...codec.cells(answer)]);
  assert(bytes.byteLength <= protocolLimits.clientAnswerBytesMax, "an encoded answer fits its bound");
  return bytes;
}

/** The answer to a request of this kind. @throws DecodeError on anything that `encodeClientAnswer` does not write */
export function decodeClientAnswer<Kind extends RequestKind>(kind: Kind, bytes: Uint8Array): AnswerOfKind<Kind> {
  const row = decodeRow(bytes, protocolLimits.clientAnswerBytesMax, protocolLimits.clientAnswerCellsMax);
  row.integer("version", VERSION, VERSION);
  const answered = readRequestKind(row);
  if (answered !== kind) throw new DecodeError(`an answer to ${answered}, not to ${kind}`);
  const codec: MessageCodec<AnswerOfKind<Kind>> = CODECS[kind];
  const answer = codec.read(row);
  row.end();
  return answer;
}

const CLUSTER_STATE: MessageCodec<ClusterState> = {
  cells: (state) => [clusterStateRow(state)],
  read: (row) => readClusterState(row.row("state")),
};

const COMMAND_RESULT: MessageCodec<CommandResult> = {
  cells: (result) => [commandResultRow(result)],
  read: (row) => readCommandResult(row.row("result")),
};

const TICKET_TEXT: MessageCodec<string> = {
  cells: (text) => [text],
  read: (row) => row.text("ticket", protocolLimits.ticketTextBytesMax),
};

const CODECS: { readonly [Kind in RequestKind]: MessageCodec<AnswerByKind[Kind]> } = {
  hello: { cells: helloCells, read: readHello },
  write: COMMAND_RESULT,
  openSession: { cells: (sessionId) => [sessionId], read: (row) => row.integer("sessionId", 1) },
  closeSession: COMMAND_RESULT,
  get: {
    cells: (result) => [...labelCells(result), optionalEntryCell(result.entry)],
    read: (row) => ({ ...readLabel(row), entry: readOptionalEntry(row) }),
  },
  scan: { cells: scanCells, read: readScanResult },
  init: CLUSTER_STATE,
  addLearner: CLUSTER_STATE,
  promoteLearner: CLUSTER_STATE,
  changeMembership: CLUSTER_STATE,
  removeNode: CLUSTER_STATE,
  transferLeadership: { cells: (nodeId) => [nodeId], read: (row) => row.integer("nodeId", 1) },
  currentState: CLUSTER_STATE,
  getMetrics: {
    cells: (metrics) => [nodeMetricsRow(metrics)],
    read: (row) => readNodeMetrics(row.row("metrics")),
  },
  triggerSnapshot: { cells: (logId) => [logIdToRow(logId)], read: (row) => readLogId(row.row("logId")) },
  getLeader: {
    cells: (leader) => [leader === undefined ? null : leaderInfoRow(leader)],
    read: (row) => row.optional((cells) => readLeaderInfo(cells.row("leader"))),
  },
  issueTicket: TICKET_TEXT,
  joinTicket: TICKET_TEXT,
  getMulti: { cells: manyCells, read: readMany },
  keepLeaseAlive: {
    cells: (status) => [leaseStatusRow(status)],
    read: (row) => readLeaseStatus(row.row("lease")),
  },
  getLease: { cells: leaseCells, read: readLease },
  listLeases: { cells: leaseListCells, read: readLeaseList },
  query: {
    cells: (result) => [...labelCells(result), ...sqlTableCells(result)],
    read: (row) => ({ ...readLabel(row), ...readSqlTable(row) }),
  },
};

function helloCells(hello: HelloAnswer): Row {
  return [hello.clusterId ?? null, hello.nodeId, hello.leader ?? null, hello.nodes.map(nodeRecordToRow)];
}

function readHello(row: RowReader): HelloAnswer {
  return {
    clusterId: row.optional((cells) => readClusterId(cells)),
    nodeId: row.integer("nodeId", 1),
    leader: row.optional((cells) => cells.integer("leader", 1)),
    nodes: readNodeRecords(row, "nodes"),
  };
}

function labelCells(label: ReadLabel): Row {
  return [
    consistencyCell(label.consistency),
    integerCell("an index of the log", label.appliedIndex),
    integerCell("a revision", label.revision),
  ];
}

function readLabel(row: RowReader): ReadLabel {
  return {
    consistency: readConsistency(row),
    appliedIndex: row.integer("appliedIndex"),
    revision: row.integer("revision"),
  };
}

function scanCells(result: ScanResult): Row {
  assert(result.entries.length <= limits.scanLimitMax, "a page fits its bound");
  return [
    ...labelCells(result),
    result.entries.map(keyValueEntryRow),
    result.count,
    result.isTruncated,
    result.continuation ?? null,
  ];
}

function readScanResult(row: RowReader): ScanResult {
  const page = {
    ...readLabel(row),
    entries: readEntries(row, "entries", limits.scanLimitMax),
    count: row.integer("count"),
    isTruncated: row.boolean("isTruncated"),
  };
  const continuation = row.optional((cells) => cells.text("continuation", protocolLimits.continuationBytesMax));
  return continuation === undefined ? page : { ...page, continuation };
}

function manyCells(result: GetMultiResult): Row {
  assert(result.entries.length <= limits.batchItemsMax, "every key of a read has one entry");
  const problem = manyProblem(result.entries);
  assert(problem === undefined, problem ?? "");
  return [...labelCells(result), result.entries.map(optionalEntryCell)];
}

function readMany(row: RowReader): GetMultiResult {
  const result = { ...readLabel(row), entries: row.list("entries", limits.batchItemsMax, readOptionalEntry) };
  const problem = manyProblem(result.entries);
  if (problem !== undefined) throw new DecodeError(problem);
  return result;
}

function manyProblem(entries: readonly (KeyValueEntry | undefined)[]): string | undefined {
  const found = entries.filter((entry) => entry !== undefined);
  return entriesProblem(found, limits.batchItemsMax, limits.scanPageBytesMax);
}

function leaseCells(result: GetLeaseResult): Row {
  const problem = leaseKeysProblem(result.keys);
  assert(problem === undefined, problem ?? "");
  return [
    ...labelCells(result),
    result.lease === undefined ? null : leaseStatusRow(result.lease),
    integerCell("a count of keys", result.keyCount),
    result.keys.map(keyCell),
  ];
}

function readLease(row: RowReader): GetLeaseResult {
  const result = {
    ...readLabel(row),
    lease: row.optional((cells) => readLeaseStatus(cells.row("lease"))),
    keyCount: row.integer("keyCount"),
    keys: row.list("keys", limits.scanLimitMax, readKey),
  };
  const problem = leaseKeysProblem(result.keys);
  if (problem !== undefined) throw new DecodeError(problem);
  return result;
}

/** The node cuts the keys of a lease as it cuts a page. */
function leaseKeysProblem(keys: readonly string[]): string | undefined {
  if (keys.length > limits.scanLimitMax) return `${keys.length} keys exceed ${limits.scanLimitMax}`;
  const bytes = keys.reduce((sum, key) => sum + utf8ByteLength(key), 0);
  return bytes > limits.scanPageBytesMax ? `keys of ${bytes} bytes exceed ${limits.scanPageBytesMax}` : undefined;
}

function leaseListCells(result: ListLeasesResult): Row {
  assert(result.leases.length <= limits.scanLimitMax, "a page of leases fits its bound");
  return [...labelCells(result), result.leases.map(leaseStatusRow), result.isTruncated];
}

function readLeaseList(row: RowReader): ListLeasesResult {
  return {
    ...readLabel(row),
    leases: row.list("leases", limits.scanLimitMax, (items) => readLeaseStatus(items.row("lease"))),
    isTruncated: row.boolean("isTruncated"),
  };
}
