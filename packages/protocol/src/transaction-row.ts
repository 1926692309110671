/**
 * A transaction as cells: `[compare], [operation], [operation]`, the operations of success and of failure. What is left
 * out in an operation stands in its row as the default that it means: the log says what replicas of every version do.
 */
import {
  assert,
  changesKeyTwice,
  COMPARE_OPERATORS,
  limits,
  NUMBER_TARGETS,
  transactionByteLength,
  unreachable,
  type Compare,
  type TransactionCommand,
  type TransactionOperation,
} from "@aspenjs/api";
import { DecodeError, type Row, type RowReader } from "@aspenjs/codec";
import { deleteCells, deleteRangeCells, readDelete, readDeleteRange, readSet, setCells } from "./change-cells.ts";
import { keyRangeRow, readKeyRange } from "./key-range.ts";
import { readNumberedWord, wordCell } from "./numbered-word.ts";
import { integerCell, keyCell, readKey, readValue, valueCell } from "./value-cell.ts";

/** The position is the number in the row: a new target goes to the end. */
const COMPARE_TARGETS = ["value", ...NUMBER_TARGETS] as const;

const OPERATION_KIND_MAX = 4;
const GET = 0;
const SET = 1;
const DELETE = 2;
const DELETE_RANGE = 3;
const SCAN = 4;

export function transactionCells(transaction: TransactionCommand, bytesMax: number = limits.commandBytesMax): Row {
  const problem = transactionProblem(transaction, bytesMax);
  assert(problem === undefined, problem ?? "");
  const { compares, success, failure } = transaction;
  return [compares.map(compareRow), success.map(operationRow), failure.map(operationRow)];
}

/** @throws DecodeError */
export function readTransaction(row: RowReader, bytesMax: number = limits.commandBytesMax): TransactionCommand {
  const transaction: TransactionCommand = {
    kind: "transaction",
    compares: row.list("compares", limits.transactionItemsMax, readCompare),
    success: row.list("success", limits.transactionItemsMax, readOperation),
    failure: row.list("failure", limits.transactionItemsMax, readOperation),
  };
  const problem = transactionProblem(transaction, bytesMax);
  if (problem !== undefined) throw new DecodeError(problem);
  return transaction;
}

/** What is wrong with the whole, when each of its parts is right. */
function transactionProblem(transaction: TransactionCommand, bytesMax: number): string | undefined {
  const { compares, success, failure } = transaction;
  const count = compares.length + success.length + failure.length;
  if (count === 0) return "a transaction needs at least one compare or operation";
  if (count > limits.transactionItemsMax) return `${count} items exceed ${limits.transactionItemsMax}`;
  if (changesKeyTwice(success) || changesKeyTwice(failure)) return "a key must not be changed twice in one branch";
  const bytes = transactionByteLength(transaction);
  return bytes > bytesMax ? `command of ${bytes} bytes exceeds ${bytesMax}` : undefined;
}

function compareRow(compare: Compare): Row {
  return [
    wordCell(COMPARE_TARGETS, compare.target),
    keyCell(compare.key),
    wordCell(COMPARE_OPERATORS, compare.operator),
    compare.target === "value" ? valueCell(compare.value) : integerCell(compare.target, compare.number),
  ];
}

function readCompare(items: RowReader): Compare {
  const row = items.row("compare");
  const target = readNumberedWord(row, "target", COMPARE_TARGETS);
  const head = { key: readKey(row), operator: readNumberedWord(row, "operator", COMPARE_OPERATORS) };
  const compare: Compare =
    target === "value"
      ? { ...head, target, value: readValue(row) }
      : { ...head, target, number: row.integer("number") };
  row.end();
  return compare;
}

function operationRow(operation: TransactionOperation): Row {
  switch (operation.kind) {
    case "get":
      return [GET, keyCell(operation.key)];
    case "set":
      return [SET, ...setCells(operation)];
    case "delete":
      return [DELETE, ...deleteCells(operation)];
    case "deleteRange":
      return [DELETE_RANGE, ...deleteRangeCells(operation)];
    case "scan":
      return [
        SCAN,
        keyRangeRow(operation.range),
        integerCell("a scan limit", operation.limit ?? limits.scanLimitDefault, 0, limits.scanLimitMax),
        operation.reverse ?? false,
        operation.keysOnly ?? false,
      ];
    default:
      return unreachable(operation);
  }
}

function readOperation(items: RowReader): TransactionOperation {
  const row = items.row("operation");
  const operation = readOperationOfKind(row.integer("kind", 0, OPERATION_KIND_MAX), row);
  row.end();
  return operation;
}

function readOperationOfKind(kind: number, row: RowReader): TransactionOperation {
  switch (kind) {
    case GET:
      return { kind: "get", key: readKey(row) };
    case SET:
      return readSet(row);
    case DELETE:
      return readDelete(row);
    case DELETE_RANGE:
      return readDeleteRange(row);
    default:
      return {
        kind: "scan",
        range: readKeyRange(row.row("range")),
        limit: row.integer("limit", 0, limits.scanLimitMax),
        ...(row.boolean("reverse") ? { reverse: true } : {}),
        ...(row.boolean("keysOnly") ? { keysOnly: true } : {}),
      };
  }
}
