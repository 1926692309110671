/**
 * One write as a row of its own kind, for the log and for whoever carries writes elsewhere. The reader refuses what the
 * gate before consensus refuses, except for system keys: they pass here, and refusing them to users is the gate's work.
 */
import { assert, limits, unreachable, utf8ByteLength, type KeyValuePair, type WriteCommand } from "@aspenjs/api";
import { DecodeError, type Row, type RowReader } from "@aspenjs/codec";
import {
  deleteCells,
  deleteRangeCells,
  readDelete,
  readDeleteRange,
  readReturnPrevious,
  readSet,
  returnPreviousCell,
  setCells,
} from "./change-cells.ts";
import { expectedRow, readExpected } from "./expected-row.ts";
import { leaseIdCell, leaseTtlCell, readLeaseId, readLeaseTtl } from "./lease-row.ts";
import { readTransaction, transactionCells } from "./transaction-row.ts";
import { keyCell, readKey, readValue, valueCell } from "./value-cell.ts";

/** The kinds next to these are the log's own (`log-command.ts`). */
export const WRITE_KIND_MIN = 2;
export const WRITE_KIND_MAX = 11;
const SET = 2;
const SET_MULTI = 3;
const DELETE = 4;
const DELETE_MULTI = 5;
const COMPARE_AND_SWAP = 6;
const COMPARE_AND_DELETE = 7;
const DELETE_RANGE = 8;
const TRANSACTION = 9;
const LEASE_GRANT = 10;
const LEASE_REVOKE = 11;

/** @param transactionBytesMax keys, values and bounds of a transaction */
export function writeCommandRow(command: WriteCommand, transactionBytesMax?: number): Row {
  switch (command.kind) {
    case "set":
      return [SET, ...setCells(command)];
    case "setMulti":
      assertBatch(
        command.pairs.map((pair) => pair.key),
        command.pairs.reduce((sum, pair) => sum + pair.value.byteLength, 0),
      );
      return [SET_MULTI, command.pairs.map((pair) => [keyCell(pair.key), valueCell(pair.value)])];
    case "delete":
      return [DELETE, ...deleteCells(command)];
    case "deleteMulti":
      assertBatch(command.keys, 0);
      return [DELETE_MULTI, command.keys.map(keyCell), returnPreviousCell(command)];
    case "compareAndSwap":
      return [COMPARE_AND_SWAP, keyCell(command.key), expectedRow(command.expected), valueCell(command.value)];
    case "compareAndDelete":
      return [COMPARE_AND_DELETE, keyCell(command.key), expectedRow(command.expected)];
    case "deleteRange":
      return [DELETE_RANGE, ...deleteRangeCells(command)];
    case "transaction":
      return [TRANSACTION, ...transactionCells(command, transactionBytesMax)];
    case "leaseGrant":
      return [
        LEASE_GRANT,
        leaseTtlCell(command.ttlMs),
        command.leaseId === undefined ? null : leaseIdCell(command.leaseId),
      ];
    case "leaseRevoke":
      return [LEASE_REVOKE, leaseIdCell(command.leaseId)];
    default:
      return unreachable(command);
  }
}

/** Reads the row to its end. @throws DecodeError */
export function readWriteCommand(row: RowReader): WriteCommand {
  return readWriteCommandOfKind(row.integer("kind", WRITE_KIND_MIN, WRITE_KIND_MAX), row);
}

/** For a reader that has read the kind already. @throws DecodeError */
export function readWriteCommandOfKind(kind: number, row: RowReader, transactionBytesMax?: number): WriteCommand {
  const command = readFields(kind, row, transactionBytesMax);
  row.end();
  return command;
}

function readFields(kind: number, row: RowReader, transactionBytesMax: number | undefined): WriteCommand {
  switch (kind) {
    case SET:
      return readSet(row);
    case SET_MULTI:
      return { kind: "setMulti", pairs: readPairs(row) };
    case DELETE:
      return readDelete(row);
    case DELETE_MULTI: {
      const keys = row.list("keys", limits.batchItemsMax, readKey);
      checkBatch(keys, 0);
      return { kind: "deleteMulti", keys, ...readReturnPrevious(row) };
    }
    case COMPARE_AND_SWAP: {
      const key = readKey(row);
      const expected = readExpected(row.row("expected"));
      return { kind: "compareAndSwap", key, expected, value: readValue(row) };
    }
    case COMPARE_AND_DELETE:
      return { kind: "compareAndDelete", key: readKey(row), expected: readExpected(row.row("expected")) };
    case DELETE_RANGE:
      return readDeleteRange(row);
    case TRANSACTION:
      return readTransaction(row, transactionBytesMax);
    case LEASE_GRANT: {
      const ttlMs = readLeaseTtl(row);
      const leaseId = row.optional((cells) => readLeaseId(cells));
      return leaseId === undefined ? { kind: "leaseGrant", ttlMs } : { kind: "leaseGrant", ttlMs, leaseId };
    }
    default:
      return { kind: "leaseRevoke", leaseId: readLeaseId(row) };
  }
}

function readPairs(row: RowReader): KeyValuePair[] {
  const pairs = row.list("pairs", limits.batchItemsMax, (items) => {
    const cells = items.row("pair");
    const pair = { key: readKey(cells), value: readValue(cells) };
    cells.end();
    return pair;
  });
  checkBatch(
    pairs.map((pair) => pair.key),
    pairs.reduce((sum, pair) => sum + pair.value.byteLength, 0),
  );
  return pairs;
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
