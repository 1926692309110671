/**
 * What a client and a node say to each other on a stream of `/aspen/log/1`: SPEC.md, section 9. One subscription has one
 * stream: what the client asks is the stream's header, and the stream's own flow control is that of the subscription.
 */
import {
  assert,
  ERROR_CODES,
  limits,
  type CommandRecord,
  type ErrorCode,
  type LoggedWrite,
  type LogIndex,
  type LogRecord,
} from "@aspenjs/api";
import { decodeRow, encodeRow, membershipToRow, type Row, type RowReader } from "@aspenjs/codec";
import { readLegalMembership } from "./cluster-state.ts";
import { protocolLimits } from "./limits.ts";
import { logActionRow, readLogAction } from "./log-command.ts";
import { integerCell } from "./value-cell.ts";

/** The header of the stream. */
export interface LogAsk {
  /** `undefined`: whatever is not yet committed when the node answers. */
  readonly fromIndex: LogIndex | undefined;
  /** None: everything that the ticket reaches. */
  readonly keyPrefixes: readonly string[];
}

/** Nothing before this index is told. */
export interface LogOpened {
  readonly kind: "opened";
  readonly fromIndex: LogIndex;
}

export interface LogTold {
  readonly kind: "record";
  readonly record: LogRecord;
}

/** Everything up to here was told: it makes the records before it a batch. */
export interface LogProgress {
  readonly kind: "progress";
  readonly throughIndex: LogIndex;
  readonly committedIndex: LogIndex;
}

export interface LogEnded {
  readonly kind: "ended";
  readonly code: ErrorCode;
  readonly message: string;
  /** The first entry that the node has, of a subscription that asked for an earlier one. */
  readonly firstIndex: LogIndex | undefined;
}

/** From the node. */
export type LogTell = LogOpened | LogTold | LogProgress | LogEnded;

const OPENED = 0;
const RECORD = 1;
const PROGRESS = 2;
const ENDED = 3;
const BLANK = 0;
const MEMBERSHIP = 1;
const COMMAND = 2;

export function encodeLogAsk({ fromIndex, keyPrefixes }: LogAsk): Uint8Array {
  assert(keyPrefixes.length <= limits.logKeyPrefixesMax, "the prefixes of a subscription are few");
  const bytes = encodeRow([fromIndex === undefined ? null : integerCell("an index", fromIndex, 1), keyPrefixes]);
  assert(bytes.byteLength <= protocolLimits.logAskBytesMax, "what is asked of a log fits its bound");
  return bytes;
}

/** @throws DecodeError on anything that `encodeLogAsk` does not write */
export function decodeLogAsk(bytes: Uint8Array): LogAsk {
  const row = decodeRow(bytes, protocolLimits.logAskBytesMax);
  const fromIndex = row.optional((cells) => cells.integer("fromIndex", 1));
  const keyPrefixes = row.list("keyPrefixes", limits.logKeyPrefixesMax, (items) =>
    items.text("keyPrefix", limits.keyBytesMax),
  );
  row.end();
  return { fromIndex, keyPrefixes };
}

export function encodeLogTell(tell: LogTell): Uint8Array {
  const bytes = encodeRow(tellRow(tell));
  assert(bytes.byteLength <= protocolLimits.logTellBytesMax, "an encoded record fits its bound");
  return bytes;
}

/** @throws DecodeError on anything that `encodeLogTell` does not write */
export function decodeLogTell(bytes: Uint8Array): LogTell {
  const row = decodeRow(bytes, protocolLimits.logTellBytesMax);
  const tell = readTell(row);
  row.end();
  return tell;
}

function tellRow(tell: LogTell): Row {
  switch (tell.kind) {
    case "opened":
      return [OPENED, tell.fromIndex];
    case "record":
      return [RECORD, tell.record.index, tell.record.term, recordRow(tell.record)];
    case "progress":
      return [PROGRESS, tell.throughIndex, tell.committedIndex];
    case "ended":
      return [ENDED, tell.code, tell.message, tell.firstIndex ?? null];
  }
}

function recordRow(record: LogRecord): Row {
  switch (record.kind) {
    case "blank":
      return [BLANK];
    case "membership":
      return [MEMBERSHIP, membershipToRow(record.membership)];
    case "command":
      return [
        COMMAND,
        integerCell("a log time", record.logTimeMs),
        record.write === undefined ? null : [record.write.sessionId, record.write.sequence],
        record.isPartial,
        logActionRow(record.action, protocolLimits.logTransactionBytesMax),
      ];
  }
}

function readTell(row: RowReader): LogTell {
  switch (row.integer("kind", OPENED, ENDED)) {
    case OPENED:
      return { kind: "opened", fromIndex: row.integer("fromIndex", 1) };
    case RECORD:
      return { kind: "record", record: readRecord(row) };
    case PROGRESS:
      return {
        kind: "progress",
        throughIndex: row.integer("throughIndex"),
        committedIndex: row.integer("committedIndex"),
      };
    default:
      return {
        kind: "ended",
        code: row.word("code", ERROR_CODES),
        message: row.text("message", protocolLimits.refusalTextBytesMax),
        firstIndex: row.optional((cells) => cells.integer("firstIndex", 1)),
      };
  }
}

function readRecord(row: RowReader): LogRecord {
  const head = { index: row.integer("index", 1), term: row.integer("term") };
  const cells = row.row("record");
  const record = readRecordOfKind(cells.integer("kind", BLANK, COMMAND), cells, head);
  cells.end();
  return record;
}

function readRecordOfKind(kind: number, cells: RowReader, head: Pick<LogRecord, "index" | "term">): LogRecord {
  switch (kind) {
    case BLANK:
      return { ...head, kind: "blank" };
    case MEMBERSHIP:
      return { ...head, kind: "membership", membership: readLegalMembership(cells.row("membership")) };
    default:
      return { ...head, ...readCommandRecord(cells) };
  }
}

function readCommandRecord(cells: RowReader): Omit<CommandRecord, "index" | "term"> {
  const logTimeMs = cells.integer("logTimeMs");
  const write = cells.optional((optional) => readWrite(optional.row("write")));
  const isPartial = cells.boolean("isPartial");
  const action = readLogAction(cells.row("action"), protocolLimits.logTransactionBytesMax);
  const rest = { kind: "command", logTimeMs, action, isPartial } as const;
  return write === undefined ? rest : { ...rest, write };
}

function readWrite(cells: RowReader): LoggedWrite {
  const write = { sessionId: cells.integer("sessionId", 1), sequence: cells.integer("sequence", 1) };
  cells.end();
  return write;
}
