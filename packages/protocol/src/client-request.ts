/**
 * What a client asks of a node over `/aspen/client/1`: one row `[version, kind, deadlineMs, ...fields]` per request.
 * What a node does with them beyond the bytes is in SPEC.md, section 2; E1 to E3 hold for the bytes.
 */
import {
  assert,
  limits,
  READ_CONSISTENCIES,
  type KeyRange,
  type LeaseId,
  type ReadConsistency,
  type SqlCell,
  type WriteCommand,
} from "@aspenjs/api";
import { DecodeError, decodeRow, encodeRow, type Row, type RowReader } from "@aspenjs/codec";
import { CLUSTER_CALL_CODECS, type ClusterCallByKind } from "./cluster-call.ts";
import { keyRangeRow, readKeyRange } from "./key-range.ts";
import { leaseIdCell, readLeaseId } from "./lease-row.ts";
import { protocolLimits } from "./limits.ts";
import { plainMessage, type MessageCodec } from "./message-codec.ts";
import { readNumberedWord, wordCell } from "./numbered-word.ts";
import { readRequestKind, requestKindNumber, type RequestKind } from "./request-kind.ts";
import { readSessionReference, sessionReferenceRow, type SessionReference } from "./session-reference.ts";
import { readSqlCell, sqlCell } from "./sql-cell.ts";
import { readKeyPrefixes, TICKET_ACCESSES, type TicketAccess } from "./ticket-access.ts";
import { integerCell, keyCell, readKey } from "./value-cell.ts";
import { readWriteCommand, writeCommandRow } from "./write-command-row.ts";

export interface HelloRequest {
  readonly kind: "hello";
  /** Binary form of a client ticket. */
  readonly ticket: Uint8Array;
}

export interface WriteRequest {
  readonly kind: "write";
  /** Without one a repeated write may take effect twice. */
  readonly session?: SessionReference;
  readonly command: WriteCommand;
}

export interface OpenSessionRequest {
  readonly kind: "openSession";
}

export interface CloseSessionRequest {
  readonly kind: "closeSession";
  readonly session: SessionReference;
}

export interface GetKeyRequest {
  readonly kind: "get";
  readonly key: string;
  readonly consistency: ReadConsistency;
}

export interface ScanKeysRequest {
  readonly kind: "scan";
  readonly range: KeyRange;
  readonly limit: number;
  readonly reverse: boolean;
  readonly keysOnly: boolean;
  readonly consistency: ReadConsistency;
  readonly continuation: string | undefined;
}

/** Of an administrator: a client ticket for someone else. */
export interface IssueTicketRequest {
  readonly kind: "issueTicket";
  readonly access: TicketAccess;
  /** Empty for every key. */
  readonly keyPrefixes: readonly string[];
  /** `undefined` for a ticket that does not expire. */
  readonly ttlMs: number | undefined;
}

/** Of an administrator. The answer carries the cluster secret. */
export interface JoinTicketRequest {
  readonly kind: "joinTicket";
}

/** One moment of many keys. */
export interface GetMultiKeysRequest {
  readonly kind: "getMulti";
  /** At least one; the answer has an entry for each, in this order. */
  readonly keys: readonly string[];
  readonly consistency: ReadConsistency;
}

export interface KeepLeaseAliveRequest {
  readonly kind: "keepLeaseAlive";
  readonly leaseId: LeaseId;
}

export interface GetLeaseStatusRequest {
  readonly kind: "getLease";
  readonly leaseId: LeaseId;
  /** How many of the bound keys to name at most. */
  readonly keysLimit: number;
  readonly consistency: ReadConsistency;
}

export interface ListLeaseStatusesRequest {
  readonly kind: "listLeases";
  /** Only leases with higher numbers; 0 for all of them. */
  readonly after: LeaseId;
  readonly limit: number;
  readonly consistency: ReadConsistency;
}

/** One statement that reads. */
export interface SqlQueryCallRequest {
  readonly kind: "query";
  readonly sql: string;
  /** One for each `?`. */
  readonly parameters: readonly SqlCell[];
  readonly consistency: ReadConsistency;
}

export interface RequestByKind extends ClusterCallByKind {
  readonly hello: HelloRequest;
  readonly write: WriteRequest;
  readonly openSession: OpenSessionRequest;
  readonly closeSession: CloseSessionRequest;
  readonly get: GetKeyRequest;
  readonly scan: ScanKeysRequest;
  readonly issueTicket: IssueTicketRequest;
  readonly joinTicket: JoinTicketRequest;
  readonly getMulti: GetMultiKeysRequest;
  readonly keepLeaseAlive: KeepLeaseAliveRequest;
  readonly getLease: GetLeaseStatusRequest;
  readonly listLeases: ListLeaseStatusesRequest;
  readonly query: SqlQueryCallRequest;
}

export type ClientRequest = RequestByKind[RequestKind];

/** A request on its way, with what is left of its time. */
export interface ClientCall {
  /** Whole milliseconds, from 1. */
  readonly deadlineMs: number;
  readonly request: ClientRequest;
}

const VERSION = 1;

/** The request has passed the gates of the client: what does not fit here is a bug and fails an assertion. */
export function encodeClientCall({ deadlineMs, request }: ClientCall): Uint8Array {
  assert(Number.isSafeInteger(deadlineMs), "a deadline is whole milliseconds");
  assert(deadlineMs >= 1 && deadlineMs <= protocolLimits.deadlineMsMax, "a deadline fits its bounds");
  const cells = requestCells(request.kind, request);
  const bytes = encodeRow([VERSION, requestKindNumber(request.kind), deadlineMs, ...cells]);
  assert(bytes.byteLength <= protocolLimits.clientRequestBytesMax, "an encoded request fits its bound");
  return bytes;
}

/** @throws DecodeError on anything that `encodeClientCall` does not write */
export function decodeClientCall(bytes: Uint8Array): ClientCall {
  const row = decodeRow(bytes, protocolLimits.clientRequestBytesMax);
  row.integer("version", VERSION, VERSION);
  const kind = readRequestKind(row);
  const deadlineMs = row.integer("deadlineMs", 1, protocolLimits.deadlineMsMax);
  const request = CODECS[kind].read(row);
  row.end();
  return { deadlineMs, request };
}

const CODECS: { readonly [Kind in RequestKind]: MessageCodec<RequestByKind[Kind]> } = {
  ...CLUSTER_CALL_CODECS,
  hello: {
    cells: ({ ticket }) => [ticket],
    read: (row) => ({ kind: "hello", ticket: row.bytes("ticket", protocolLimits.ticketBytesMax) }),
  },
  write: {
    cells: ({ session, command }) => [
      session === undefined ? null : sessionReferenceRow(session),
      writeCommandRow(command),
    ],
    read: readWrite,
  },
  openSession: plainMessage({ kind: "openSession" }),
  closeSession: {
    cells: ({ session }) => [sessionReferenceRow(session)],
    read: (row) => ({ kind: "closeSession", session: readSessionReference(row.row("session")) }),
  },
  get: {
    cells: ({ key, consistency }) => [key, consistencyCell(consistency)],
    read: (row) => ({ kind: "get", key: row.text("key", limits.keyBytesMax), consistency: readConsistency(row) }),
  },
  scan: {
    cells: (scan) => [
      keyRangeRow(scan.range),
      limitCell(scan.limit),
      scan.reverse,
      scan.keysOnly,
      consistencyCell(scan.consistency),
      scan.continuation ?? null,
    ],
    read: readScan,
  },
  issueTicket: {
    cells: ({ access, keyPrefixes, ttlMs }) => [access, keyPrefixes, ttlMs ?? null],
    read: (row) => ({
      kind: "issueTicket",
      access: row.word("access", TICKET_ACCESSES),
      keyPrefixes: readKeyPrefixes(row),
      ttlMs: row.optional((cells) => cells.integer("ttlMs", 1, protocolLimits.ticketTtlMsMax)),
    }),
  },
  joinTicket: plainMessage({ kind: "joinTicket" }),
  getMulti: {
    cells: ({ keys, consistency }) => [keysCell(keys), consistencyCell(consistency)],
    read: (row) => ({ kind: "getMulti", keys: readKeys(row), consistency: readConsistency(row) }),
  },
  keepLeaseAlive: {
    cells: ({ leaseId }) => [leaseIdCell(leaseId)],
    read: (row) => ({ kind: "keepLeaseAlive", leaseId: readLeaseId(row) }),
  },
  getLease: {
    cells: ({ leaseId, keysLimit, consistency }) => [
      leaseIdCell(leaseId),
      limitCell(keysLimit),
      consistencyCell(consistency),
    ],
    read: (row) => ({
      kind: "getLease",
      leaseId: readLeaseId(row),
      keysLimit: readLimit(row, "keysLimit"),
      consistency: readConsistency(row),
    }),
  },
  listLeases: {
    cells: ({ after, limit, consistency }) => [
      integerCell("a lease id, or 0", after, 0, limits.leaseIdMax),
      limitCell(limit),
      consistencyCell(consistency),
    ],
    read: (row) => ({
      kind: "listLeases",
      after: row.integer("after", 0, limits.leaseIdMax),
      limit: readLimit(row, "limit"),
      consistency: readConsistency(row),
    }),
  },
  query: {
    cells: ({ sql, parameters, consistency }) => [sql, parameters.map(sqlCell), consistencyCell(consistency)],
    read: (row) => ({
      kind: "query",
      sql: row.text("sql", limits.sqlTextBytesMax),
      parameters: row.list("parameters", limits.sqlParametersMax, (items) =>
        readSqlCell(items, limits.sqlParameterBytesMax),
      ),
      consistency: readConsistency(row),
    }),
  },
};

function requestCells<Kind extends RequestKind>(kind: Kind, request: RequestByKind[Kind]): Row {
  return CODECS[kind].cells(request);
}

function readWrite(row: RowReader): WriteRequest {
  const session = row.optional((cells) => readSessionReference(cells.row("session")));
  const command = readWriteCommand(row.row("command"));
  return session === undefined ? { kind: "write", command } : { kind: "write", session, command };
}

function readScan(row: RowReader): ScanKeysRequest {
  return {
    kind: "scan",
    range: readKeyRange(row.row("range")),
    limit: readLimit(row, "limit"),
    reverse: row.boolean("reverse"),
    keysOnly: row.boolean("keysOnly"),
    consistency: readConsistency(row),
    continuation: row.optional((cells) => cells.text("continuation", protocolLimits.continuationBytesMax)),
  };
}

function limitCell(limit: number): number {
  return integerCell("a limit", limit, 0, limits.scanLimitMax);
}

function readLimit(row: RowReader, name: string): number {
  return row.integer(name, 0, limits.scanLimitMax);
}

function keysCell(keys: readonly string[]): Row {
  assert(keys.length >= 1 && keys.length <= limits.batchItemsMax, "a read of many keys fits its bounds");
  return keys.map(keyCell);
}

function readKeys(row: RowReader): string[] {
  const keys = row.list("keys", limits.batchItemsMax, readKey);
  if (keys.length === 0) throw new DecodeError("a read of many keys names at least one");
  return keys;
}

export function consistencyCell(consistency: ReadConsistency): number {
  return wordCell(READ_CONSISTENCIES, consistency);
}

/** @throws DecodeError */
export function readConsistency(row: RowReader): ReadConsistency {
  return readNumberedWord(row, "consistency", READ_CONSISTENCIES);
}
