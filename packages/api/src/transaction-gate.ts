import { AspenError } from "./aspen-error.ts";
import { unreachable } from "./assert.ts";
import { assertUserKey, compareKeys, utf8ByteLength } from "./key.ts";
import { assertLeaseBinding } from "./lease-gate.ts";
import { limits } from "./limits.ts";
import type { KeyRange } from "./read.ts";
import { assertKeyRange, assertScanLimit } from "./scan-gate.ts";
import {
  COMPARE_OPERATORS,
  NUMBER_TARGETS,
  type Compare,
  type TransactionCommand,
  type TransactionOperation,
} from "./transaction.ts";
import { assertCommandBytes, assertItemCount, assertPair, assertValue } from "./value-gate.ts";

/** @throws AspenError `invalid_request`, `key_too_large`, `value_too_large`, `batch_too_large` */
export function assertTransaction(transaction: TransactionCommand): void {
  const { compares, success, failure } = transaction;
  const count = compares.length + success.length + failure.length;
  if (count === 0) throw new AspenError("invalid_request", "a transaction needs at least one compare or operation");
  assertItemCount(count, limits.transactionItemsMax);
  for (const compare of compares) assertCompare(compare);
  for (const branch of [success, failure]) {
    for (const operation of branch) assertOperation(operation);
    if (changesKeyTwice(branch)) throw invalid("a key must not be changed twice in one branch of a transaction");
  }
  assertCommandBytes(transactionByteLength(transaction));
}

/** All keys, values and bounds of ranges together. */
export function transactionByteLength({ compares, success, failure }: TransactionCommand): number {
  const compareBytes = compares.reduce((sum, compare) => sum + compareByteLength(compare), 0);
  const operations = [...success, ...failure];
  return operations.reduce((sum, operation) => sum + operationByteLength(operation), compareBytes);
}

/** One revision holds one change of a key: what watchers are told could not be put in order otherwise. */
export function changesKeyTwice(branch: readonly TransactionOperation[]): boolean {
  const keys = branch.flatMap((operation) => {
    return operation.kind === "set" || operation.kind === "delete" ? [operation.key] : [];
  });
  const sorted = keys.toSorted(compareKeys);
  if (sorted.some((key, position) => position > 0 && key === sorted[position - 1])) return true;
  return branch.some((operation) => operation.kind === "deleteRange" && reaches(operation.range, sorted));
}

function assertCompare(compare: Compare): void {
  assertUserKey(compare.key);
  if (!COMPARE_OPERATORS.includes(compare.operator)) {
    throw invalid(`an operator is one of ${COMPARE_OPERATORS.join(" ")}`);
  }
  if (compare.target === "value") return assertValue(compare.value);
  if (!NUMBER_TARGETS.includes(compare.target)) {
    throw invalid(`a comparison is of value, ${NUMBER_TARGETS.join(", ")}`);
  }
  if (!Number.isSafeInteger(compare.number) || compare.number < 0) {
    throw invalid(`a ${compare.target} is compared with an integer of at least 0`);
  }
}

function assertOperation(operation: TransactionOperation): void {
  switch (operation.kind) {
    case "get":
    case "delete":
      return assertUserKey(operation.key);
    case "set":
      assertPair(operation);
      return assertLeaseBinding(operation);
    case "deleteRange":
      return assertKeyRange(operation.range);
    case "scan":
      assertKeyRange(operation.range);
      return assertScanLimit(operation.limit ?? limits.scanLimitDefault);
    default:
      return unreachable(operation);
  }
}

/**
 * Whether any of the keys, which are in order, lies in the range: if one does, then the first that is not before it.
 * That one is looked up, because a legal transaction may have hundreds of long keys and as many ranges.
 */
function reaches(range: KeyRange, sorted: readonly string[]): boolean {
  const start = range.kind === "prefix" ? range.prefix : range.start;
  const first = sorted[positionOf(start, sorted)];
  if (first === undefined) return false;
  return range.kind === "prefix" ? first.startsWith(range.prefix) : compareKeys(first, range.end) < 0;
}

/** Where the key is, or would be. */
function positionOf(key: string, sorted: readonly string[]): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeys(sorted[middle] ?? "", key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compareByteLength(compare: Compare): number {
  return utf8ByteLength(compare.key) + (compare.target === "value" ? compare.value.byteLength : 0);
}

function operationByteLength(operation: TransactionOperation): number {
  switch (operation.kind) {
    case "get":
    case "delete":
      return utf8ByteLength(operation.key);
    case "set":
      return utf8ByteLength(operation.key) + operation.value.byteLength;
    case "deleteRange":
    case "scan":
      return rangeByteLength(operation.range);
    default:
      return unreachable(operation);
  }
}

function rangeByteLength(range: KeyRange): number {
  if (range.kind === "prefix") return utf8ByteLength(range.prefix);
  return utf8ByteLength(range.start) + utf8ByteLength(range.end);
}

function invalid(message: string): AspenError {
  return new AspenError("invalid_request", message);
}
