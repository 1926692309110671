/**
 * One session: `[sessionId, lastUsedMs, acknowledgedThrough, [[sequence, digest, result], …]]`, results in the order
 * of their numbers.
 *
 * A session is written with every batch that uses it, with all the results that wait to be acknowledged. Those were
 * encoded when they came about, and a list is its head and its items one after the other, so writing is copying.
 */
import { assert, type CommandResult } from "@aspenjs/api";
import { decodeRow, encodeRow, type RowReader } from "@aspenjs/codec";
import {
  COMMAND_RESULT_BYTES_MAX,
  COMMAND_RESULT_CELLS_MAX,
  commandResultRow,
  readCommandResult,
} from "@aspenjs/protocol";
import { stateMachineLimits } from "./limits.ts";
import type { SavedSession, SessionResult } from "./session.ts";

const RESULT_HEAD_BYTES_MAX = 32;
const CBOR_LIST = 0x80;
const CBOR_LIST_ONE_BYTE = 0x98;
const CBOR_LIST_TWO_BYTES = 0x99;
const SHORT_LIST_MAX = 23;
const HEAD_CELLS = 3;

export function encodeSessionResult(sequence: number, digest: number, result: CommandResult): SessionResult {
  return { sequence, digest, row: encodeRow([sequence, digest, commandResultRow(result)]) };
}

export function commandResultOf({ row }: SessionResult): CommandResult {
  const reader = decodeRow(
    row,
    COMMAND_RESULT_BYTES_MAX + RESULT_HEAD_BYTES_MAX,
    COMMAND_RESULT_CELLS_MAX + HEAD_CELLS,
  );
  reader.integer("sequence");
  reader.integer("digest");
  return readCommandResult(reader.row("result"));
}

/** The bytes that `encodeRow` would give. */
export function encodeSession({ sessionId, lastUsedMs, acknowledgedThrough, results }: SavedSession): Uint8Array {
  const head = encodeRow([sessionId, lastUsedMs, acknowledgedThrough]);
  const listHead = listHeadOf(results.length);
  let byteLength = head.byteLength + listHead.length;
  for (const { row } of results) byteLength += row.byteLength;
  const bytes = new Uint8Array(byteLength);
  bytes.set(head);
  // One cell more than the head alone has: the list.
  bytes[0] = CBOR_LIST + HEAD_CELLS + 1;
  bytes.set(listHead, head.byteLength);
  let offset = head.byteLength + listHead.length;
  for (const { row } of results) {
    bytes.set(row, offset);
    offset += row.byteLength;
  }
  return bytes;
}

/** @throws DecodeError */
export function decodeSession(bytes: Uint8Array): SavedSession {
  const row = decodeRow(bytes, stateMachineLimits.sessionRowBytesMax, stateMachineLimits.sessionRowCellsMax);
  const session = {
    sessionId: row.integer("sessionId", 1),
    lastUsedMs: row.integer("lastUsedMs"),
    acknowledgedThrough: row.integer("acknowledgedThrough"),
    results: row.list("results", stateMachineLimits.sessionWindowMax, (items) => readResult(items.row("result"))),
  };
  row.end();
  return session;
}

function readResult(row: RowReader): SessionResult {
  const sequence = row.integer("sequence", 1);
  const digest = row.integer("digest");
  const result = readCommandResult(row.row("result"));
  row.end();
  return encodeSessionResult(sequence, digest, result);
}

function listHeadOf(length: number): readonly number[] {
  assert(length <= stateMachineLimits.sessionWindowMax, "a session keeps a window of results");
  if (length <= SHORT_LIST_MAX) return [CBOR_LIST + length];
  return length < 256 ? [CBOR_LIST_ONE_BYTE, length] : [CBOR_LIST_TWO_BYTES, length >> 8, length & 0xff];
}
