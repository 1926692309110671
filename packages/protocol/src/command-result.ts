/**
 * The bytes of what a command came to: in the session tables of every replica, and in answers to clients.
 * `previous` and `actual` have one absence: an entry that was not asked for reads like one that was not there.
 */
import { assert, limits, unreachable, WRITE_REFUSALS, type CommandResult } from "@aspenjs/api";
import { decodeRow, encodeRow, type Row, type RowReader } from "@aspenjs/codec";
import { leaseIdsCell, readLeaseIds } from "./lease-row.ts";
import { COMMAND_RESULT_BYTES_MAX, COMMAND_RESULT_CELLS_MAX } from "./limits.ts";
import { readNumberedWord, wordCell } from "./numbered-word.ts";
import { integerCell } from "./value-cell.ts";
import { readWriteResult, writeResultRow } from "./write-result-row.ts";

const FORMAT_VERSION = 1;

const RESULT_KIND_MAX = 6;
const WRITTEN = 0;
const SESSION_OPENED = 1;
const SESSION_CLOSED = 2;
const SESSION_EXPIRED = 3;
const SEQUENCE_REFUSED = 4;
const REFUSED = 5;
const LEASES_TOUCHED = 6;

const SEQUENCE_REFUSALS = ["reused", "acknowledged", "tooFarAhead"] as const;

export function encodeCommandResult(result: CommandResult): Uint8Array {
  const bytes = encodeRow([FORMAT_VERSION, ...commandResultRow(result)]);
  assert(bytes.byteLength <= COMMAND_RESULT_BYTES_MAX, "an encoded result fits its bound");
  return bytes;
}

/** @throws DecodeError on anything that `encodeCommandResult` does not write */
export function decodeCommandResult(bytes: Uint8Array): CommandResult {
  const row = decodeRow(bytes, COMMAND_RESULT_BYTES_MAX, COMMAND_RESULT_CELLS_MAX);
  row.integer("version", FORMAT_VERSION, FORMAT_VERSION);
  return readCommandResult(row);
}

/** A result as cells, for a message that carries it beside other things. */
export function commandResultRow(result: CommandResult): Row {
  switch (result.kind) {
    case "written":
      return [WRITTEN, writeResultRow(result.result)];
    case "sessionOpened":
      return [SESSION_OPENED, integerCell("a session id", result.sessionId, 1)];
    case "sessionClosed":
      return [SESSION_CLOSED];
    case "sessionExpired":
      return [SESSION_EXPIRED];
    case "sequenceRefused":
      return [SEQUENCE_REFUSED, wordCell(SEQUENCE_REFUSALS, result.reason)];
    case "refused":
      return [REFUSED, wordCell(WRITE_REFUSALS, result.reason)];
    case "leasesTouched":
      return [
        LEASES_TOUCHED,
        integerCell("a revision", result.revision),
        leaseIdsCell(result.leaseIds, limits.leasesMax),
      ];
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
    case SEQUENCE_REFUSED:
      return { kind: "sequenceRefused", reason: readNumberedWord(row, "reason", SEQUENCE_REFUSALS) };
    case REFUSED:
      return { kind: "refused", reason: readNumberedWord(row, "reason", WRITE_REFUSALS) };
    default:
      return {
        kind: "leasesTouched",
        revision: row.integer("revision"),
        leaseIds: readLeaseIds(row, limits.leasesMax),
      };
  }
}
