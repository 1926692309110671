/**
 * One session: `[sessionId, lastUsedMs, acknowledgedThrough, [[sequence, digest, result], …]]`, results in the order
 * of their numbers.
 *
 * A session is written with every batch that uses it, with all the results that wait to be acknowledged. Those were
 * encoded when they came about, and a list is its head and its items one after the other, so writing is copying.
 */
import { assert, type CommandResult } from "@aspenjs/api";
import { CellWriter, decodeRow, encodeRow, headLength, type RowReader } from "@aspenjs/codec";
import {
  COMMAND_RESULT_BYTES_MAX,
  COMMAND_RESULT_CELLS_MAX,
  commandResultRow,
  readCommandResult,
} from "@aspenjs/protocol";
import { stateMachineLimits } from "./limits.ts";
import type { SavedSession, SessionResult } from "./session.ts";

const RESULT_HEAD_BYTES_MAX = 32;
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
  assert(results.length <= stateMachineLimits.sessionWindowMax, "a session keeps a window of results");
  const head = [sessionId, lastUsedMs, acknowledgedThrough];
  let byteLength = headLength(head.length + 1) + headLength(results.length);
  for (const integer of head) byteLength += headLength(integer);
  for (const { row } of results) byteLength += row.byteLength;
  const bytes = new Uint8Array(byteLength);
  const cells = new CellWriter();
  cells.moveTo(bytes, 0);
  cells.list(head.length + 1);
  for (const integer of head) cells.integer(integer);
  cells.list(results.length);
  for (const { row } of results) cells.copy(row);
  assert(cells.offset === byteLength, "a row is as long as was measured");
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
