/**
 * The bytes of one command in the replicated log. They are hashed, kept for ever and read by replicas of other
 * versions, so every bound that the reader checks is asserted by the writer: a command that cannot be decoded would
 * stop every replica at once.
 *
 * One row: `[version, logTimeMs, session | null, action]`. The action stands last, so that its bytes are the end of
 * the command's bytes: they are what makes two tries of one command equal (`logCommandActionBytes`), whatever leader
 * stamped them and whatever the client had acknowledged by then.
 *
 * System keys pass here. Refusing them to users is the gate's work, before consensus.
 */
import {
  assert,
  limits,
  unreachable,
  utf8ByteLength,
  type Expected,
  type KeyValuePair,
  type WriteCommand,
} from "@aspenjs/api";
import { DecodeError, decodeRow, encodeRow, type Row, type RowReader } from "@aspenjs/codec";
import { readSessionReference, sessionReferenceRow, type SessionReference } from "./session-reference.ts";

export type LogAction = WriteCommand | { readonly kind: "openSession" } | { readonly kind: "closeSession" };

/** Opening a session names no session; closing one does; a write without one is not protected against retries. */
export interface LogCommand {
  /** The leader's log time when it proposed this. Whole milliseconds. */
  readonly logTimeMs: number;
  readonly session?: SessionReference;
  readonly action: LogAction;
}

const FORMAT_VERSION = 1;
/** Room for the heads of all items of a multi command, beside their keys and values. */
const ROW_OVERHEAD_BYTES_MAX = 65_536;
/** No encoded command is longer. */
export const LOG_COMMAND_BYTES_MAX = limits.commandBytesMax + ROW_OVERHEAD_BYTES_MAX;
assert(limits.batchItemsMax * 16 + 256 <= ROW_OVERHEAD_BYTES_MAX, "the heads of a full multi command fit a row");

const ACTION_KIND_MAX = 7;
const OPEN_SESSION = 0;
const CLOSE_SESSION = 1;
const SET = 2;
const SET_MULTI = 3;
const DELETE = 4;
const DELETE_MULTI = 5;
const COMPARE_AND_SWAP = 6;
const COMPARE_AND_DELETE = 7;

const EXPECTED_KIND_MAX = 2;
const EXPECTED_ABSENT = 0;
const EXPECTED_VALUE = 1;
const EXPECTED_MOD_REVISION = 2;

/** The gate has let the command pass: what does not fit here is a bug and fails an assertion. */
export function encodeLogCommand(command: LogCommand): Uint8Array {
  const { logTimeMs, session, action } = command;
  assert(Number.isSafeInteger(logTimeMs) && logTimeMs >= 0, "log time is a safe integer");
  assertSessionFitsAction(session, action);
  const bytes = encodeRow([
    FORMAT_VERSION,
    logTimeMs,
    session === undefined ? null : sessionReferenceRow(session),
    actionRow(action),
  ]);
  assert(bytes.byteLength <= LOG_COMMAND_BYTES_MAX, "an encoded command fits its bound");
  return bytes;
}

/** @throws DecodeError on anything that `encodeLogCommand` does not write */
export function decodeLogCommand(bytes: Uint8Array): LogCommand {
  const row = decodeRow(bytes, LOG_COMMAND_BYTES_MAX);
  row.integer("version", FORMAT_VERSION, FORMAT_VERSION);
  const logTimeMs = row.integer("logTimeMs");
  const session = row.optional((cells) => readSessionReference(cells.row("session")));
  const action = readAction(row.row("action"));
  row.end();
  if (action.kind === "openSession" && session !== undefined) throw new DecodeError("openSession names no session");
  if (action.kind === "closeSession" && session === undefined) throw new DecodeError("closeSession names a session");
  return session === undefined ? { logTimeMs, action } : { logTimeMs, session, action };
}

/**
 * The part of an encoded command that says what to do, without when and for whom: a view, not a copy.
 * Only for bytes that `decodeLogCommand` accepted.
 */
export function logCommandActionBytes(bytes: Uint8Array): Uint8Array {
  // Head of the row and version are one byte each.
  let offset = skipInteger(bytes, 2);
  if (bytes[offset] === CBOR_NULL) offset += 1;
  else offset = skipInteger(bytes, skipInteger(bytes, skipInteger(bytes, offset + 1)));
  assert(offset < bytes.byteLength, "an action follows the session");
  return bytes.subarray(offset);
}

const CBOR_NULL = 0xf6;
/** Additional information of a CBOR head: below this the value itself, from here on 1, 2, 4 or 8 bytes follow. */
const CBOR_ONE_BYTE_FOLLOWS = 24;

function skipInteger(bytes: Uint8Array, offset: number): number {
  const head = bytes[offset] ?? 0;
  return head < CBOR_ONE_BYTE_FOLLOWS ? offset + 1 : offset + 1 + 2 ** (head - CBOR_ONE_BYTE_FOLLOWS);
}

function assertSessionFitsAction(session: SessionReference | undefined, action: LogAction): void {
  if (action.kind === "openSession") assert(session === undefined, "openSession names no session");
  if (action.kind === "closeSession") assert(session !== undefined, "closeSession names a session");
}

function actionRow(action: LogAction): Row {
  if (action.kind === "openSession") return [OPEN_SESSION];
  if (action.kind === "closeSession") return [CLOSE_SESSION];
  return writeCommandRow(action);
}

function readAction(row: RowReader): LogAction {
  const kind = row.integer("kind", 0, ACTION_KIND_MAX);
  if (kind > CLOSE_SESSION) return readWriteCommandOfKind(kind, row);
  row.end();
  return kind === OPEN_SESSION ? { kind: "openSession" } : { kind: "closeSession" };
}

/** One write as a row of its own kind, for the log and for whoever carries writes elsewhere. */
export function writeCommandRow(command: WriteCommand): Row {
  switch (command.kind) {
    case "set":
      return [SET, keyCell(command.key), valueCell(command.value), command.returnPrevious ?? false];
    case "setMulti":
      assertBatch(
        command.pairs.map((pair) => pair.key),
        command.pairs.reduce((sum, pair) => sum + pair.value.byteLength, 0),
      );
      return [SET_MULTI, command.pairs.map((pair) => [keyCell(pair.key), valueCell(pair.value)])];
    case "delete":
      return [DELETE, keyCell(command.key), command.returnPrevious ?? false];
    case "deleteMulti":
      assertBatch(command.keys, 0);
      return [DELETE_MULTI, command.keys.map(keyCell), command.returnPrevious ?? false];
    case "compareAndSwap":
      return [COMPARE_AND_SWAP, keyCell(command.key), expectedRow(command.expected), valueCell(command.value)];
    case "compareAndDelete":
      return [COMPARE_AND_DELETE, keyCell(command.key), expectedRow(command.expected)];
    default:
      return unreachable(command);
  }
}

/** @throws DecodeError */
export function readWriteCommand(row: RowReader): WriteCommand {
  return readWriteCommandOfKind(row.integer("kind", SET, ACTION_KIND_MAX), row);
}

function readWriteCommandOfKind(kind: number, row: RowReader): WriteCommand {
  const command = readFields(kind, row);
  row.end();
  return command;
}

function readFields(kind: number, row: RowReader): WriteCommand {
  switch (kind) {
    case SET: {
      const pair = readPair(row);
      return row.boolean("returnPrevious")
        ? { kind: "set", ...pair, returnPrevious: true }
        : { kind: "set", key: pair.key, value: pair.value };
    }
    case SET_MULTI:
      return { kind: "setMulti", pairs: readPairs(row) };
    case DELETE: {
      const key = readKey(row);
      return row.boolean("returnPrevious") ? { kind: "delete", key, returnPrevious: true } : { kind: "delete", key };
    }
    case DELETE_MULTI: {
      const keys = row.list("keys", limits.batchItemsMax, readKey);
      checkBatch(keys, 0);
      return row.boolean("returnPrevious")
        ? { kind: "deleteMulti", keys, returnPrevious: true }
        : { kind: "deleteMulti", keys };
    }
    case COMPARE_AND_SWAP: {
      const key = readKey(row);
      const expected = readExpected(row.row("expected"));
      return { kind: "compareAndSwap", key, expected, value: row.bytes("value", limits.valueBytesMax) };
    }
    default:
      return { kind: "compareAndDelete", key: readKey(row), expected: readExpected(row.row("expected")) };
  }
}

function expectedRow(expected: Expected): Row {
  switch (expected.kind) {
    case "absent":
      return [EXPECTED_ABSENT];
    case "value":
      return [EXPECTED_VALUE, valueCell(expected.value)];
    case "modRevision":
      assert(Number.isSafeInteger(expected.modRevision), "a revision is a safe integer");
      assert(expected.modRevision >= 1, "revisions of entries start at 1");
      return [EXPECTED_MOD_REVISION, expected.modRevision];
    default:
      return unreachable(expected);
  }
}

function readExpected(row: RowReader): Expected {
  const kind = row.integer("kind", 0, EXPECTED_KIND_MAX);
  let expected: Expected = { kind: "absent" };
  if (kind === EXPECTED_VALUE) expected = { kind: "value", value: row.bytes("value", limits.valueBytesMax) };
  if (kind === EXPECTED_MOD_REVISION) expected = { kind: "modRevision", modRevision: row.integer("modRevision", 1) };
  row.end();
  return expected;
}

function readPairs(row: RowReader): KeyValuePair[] {
  const pairs = row.list("pairs", limits.batchItemsMax, (items) => {
    const cells = items.row("pair");
    const pair = readPair(cells);
    cells.end();
    return pair;
  });
  checkBatch(
    pairs.map((pair) => pair.key),
    pairs.reduce((sum, pair) => sum + pair.value.byteLength, 0),
  );
  return pairs;
}

function readPair(row: RowReader): KeyValuePair {
  return { key: readKey(row), value: row.bytes("value", limits.valueBytesMax) };
}

function readKey(row: RowReader): string {
  const key = row.text("key", limits.keyBytesMax);
  if (key.length === 0) throw new DecodeError("a key must not be empty");
  return key;
}

function keyCell(key: string): string {
  assert(key.length > 0, "a key must not be empty");
  assert(key.isWellFormed(), "a key must not hold an unpaired surrogate");
  assert(utf8ByteLength(key) <= limits.keyBytesMax, "a key fits its bound");
  return key;
}

function valueCell(value: Uint8Array): Uint8Array {
  assert(value.byteLength <= limits.valueBytesMax, "a value fits its bound");
  return value;
}

function checkBatch(keys: readonly string[], valueBytes: number): void {
  const problem = batchProblem(keys, valueBytes);
  if (problem !== undefined) throw new DecodeError(problem);
}

function assertBatch(keys: readonly string[], valueBytes: number): void {
  const problem = batchProblem(keys, valueBytes);
  assert(problem === undefined, problem ?? "");
}

function batchProblem(keys: readonly string[], valueBytes: number): string | undefined {
  if (keys.length === 0) return "a multi command needs at least one item";
  if (keys.length > limits.batchItemsMax) return `${keys.length} items exceed ${limits.batchItemsMax}`;
  if (new Set(keys).size !== keys.length) return "a key must not appear twice in one command";
  const bytes = keys.reduce((sum, key) => sum + utf8ByteLength(key), valueBytes);
  return bytes > limits.commandBytesMax ? `command of ${bytes} bytes exceeds ${limits.commandBytesMax}` : undefined;
}
