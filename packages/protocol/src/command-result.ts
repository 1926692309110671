/**
 * The bytes of what a command came to: in the session tables of every replica, and in answers to clients.
 * `previous` and `actual` have one absence: an entry that was not asked for reads like one that was not there.
 */
import {
  assert,
  limits,
  unreachable,
  type CommandResult,
  type CompareResult,
  type KeyValueEntry,
  type WriteResult,
} from "@aspenjs/api";
import { decodeRow, encodeRow, type Row, type RowReader } from "@aspenjs/codec";

const FORMAT_VERSION = 1;
/** Room for the heads and revisions of all the entries of a result, beside their keys and values. */
const ROW_OVERHEAD_BYTES_MAX = 131_072;
/** The entries of one result, keys and values together, stay within `limits.commandBytesMax`. */
export const COMMAND_RESULT_BYTES_MAX = limits.commandBytesMax + ROW_OVERHEAD_BYTES_MAX;
assert(limits.batchItemsMax * 64 + 256 <= ROW_OVERHEAD_BYTES_MAX, "the heads of a full result fit a row");

const RESULT_KIND_MAX = 4;
const WRITTEN = 0;
const SESSION_OPENED = 1;
const SESSION_CLOSED = 2;
const SESSION_EXPIRED = 3;
const SEQUENCE_REFUSED = 4;

const REFUSAL_REASONS = ["reused", "acknowledged", "tooFarAhead"] as const;

const WRITE_RESULT_KIND_MAX = 4;
const SET = 0;
const SET_MULTI = 1;
const DELETE = 2;
const COMPARE_OK = 3;
const COMPARE_CONFLICT = 4;

export function encodeCommandResult(result: CommandResult): Uint8Array {
  const bytes = encodeRow([FORMAT_VERSION, ...commandResultRow(result)]);
  assert(bytes.byteLength <= COMMAND_RESULT_BYTES_MAX, "an encoded result fits its bound");
  return bytes;
}

/** @throws DecodeError on anything that `encodeCommandResult` does not write */
export function decodeCommandResult(bytes: Uint8Array): CommandResult {
  const row = decodeRow(bytes, COMMAND_RESULT_BYTES_MAX);
  row.integer("version", FORMAT_VERSION, FORMAT_VERSION);
  return readCommandResult(row);
}

/** A result as cells, for a message that carries it beside other things. */
export function commandResultRow(result: CommandResult): Row {
  switch (result.kind) {
    case "written":
      return [WRITTEN, writeResultRow(result.result)];
    case "sessionOpened":
      return [SESSION_OPENED, result.sessionId];
    case "sessionClosed":
      return [SESSION_CLOSED];
    case "sessionExpired":
      return [SESSION_EXPIRED];
    case "sequenceRefused":
      return [SEQUENCE_REFUSED, REFUSAL_REASONS.indexOf(result.reason)];
    default:
      return unreachable(result);
  }
}

/** Reads the row to its end. @throws DecodeError */
export function readCommandResult(row: RowReader): CommandResult {
  const result = readResultOfKind(row.integer("kind", 0, RESULT_KIND_MAX), row);
  row.end();
  return result;
}

function readResultOfKind(kind: number, row: RowReader): CommandResult {
  switch (kind) {
    case WRITTEN:
      return { kind: "written", result: readWriteResult(row.row("result")) };
    case SESSION_OPENED:
      return { kind: "sessionOpened", sessionId: row.integer("sessionId", 1) };
    case SESSION_CLOSED:
      return { kind: "sessionClosed" };
    case SESSION_EXPIRED:
      return { kind: "sessionExpired" };
    default: {
      const reason = REFUSAL_REASONS[row.integer("reason", 0, REFUSAL_REASONS.length - 1)];
      assert(reason !== undefined, "every reason has its number");
      return { kind: "sequenceRefused", reason };
    }
  }
}

export function writeResultRow(result: WriteResult): Row {
  switch (result.kind) {
    case "set":
      return [SET, result.revision, optionalEntryRow(result.previous)];
    case "setMulti":
      return [SET_MULTI, result.revision];
    case "delete":
      return [DELETE, result.revision, result.deletedCount, result.previous?.map(keyValueEntryRow) ?? null];
    case "compare":
      return compareResultRow(result);
    default:
      return unreachable(result);
  }
}

function compareResultRow(result: CompareResult): Row {
  if (result.outcome === "ok") return [COMPARE_OK, result.revision];
  return [COMPARE_CONFLICT, result.revision, optionalEntryRow(result.actual)];
}

/** Reads the row to its end. @throws DecodeError */
export function readWriteResult(row: RowReader): WriteResult {
  const kind = row.integer("kind", 0, WRITE_RESULT_KIND_MAX);
  const revision = row.integer("revision");
  const result = readWriteResultOfKind(kind, revision, row);
  row.end();
  return result;
}

function readWriteResultOfKind(kind: number, revision: number, row: RowReader): WriteResult {
  switch (kind) {
    case SET: {
      const previous = readOptionalEntry(row);
      return previous === undefined ? { kind: "set", revision } : { kind: "set", revision, previous };
    }
    case SET_MULTI:
      return { kind: "setMulti", revision };
    case DELETE: {
      const deletedCount = row.integer("deletedCount", 0, limits.batchItemsMax);
      const previous = row.optional((cells) =>
        cells.list("previous", limits.batchItemsMax, (items) => readKeyValueEntry(items.row("entry"))),
      );
      return previous === undefined
        ? { kind: "delete", revision, deletedCount }
        : { kind: "delete", revision, deletedCount, previous };
    }
    case COMPARE_OK:
      return { kind: "compare", outcome: "ok", revision };
    default:
      return { kind: "compare", outcome: "conflict", revision, actual: readOptionalEntry(row) };
  }
}

export function keyValueEntryRow(entry: KeyValueEntry): Row {
  return [entry.key, entry.value, entry.createRevision, entry.modRevision, entry.version];
}

/** Reads the row to its end. @throws DecodeError */
export function readKeyValueEntry(row: RowReader): KeyValueEntry {
  const entry = {
    key: row.text("key", limits.keyBytesMax),
    value: row.bytes("value", limits.valueBytesMax),
    createRevision: row.integer("createRevision", 1),
    modRevision: row.integer("modRevision", 1),
    version: row.integer("version", 1),
  };
  row.end();
  return entry;
}

function optionalEntryRow(entry: KeyValueEntry | undefined): Row | null {
  return entry === undefined ? null : keyValueEntryRow(entry);
}

function readOptionalEntry(row: RowReader): KeyValueEntry | undefined {
  return row.optional((cells) => readKeyValueEntry(cells.row("entry")));
}
