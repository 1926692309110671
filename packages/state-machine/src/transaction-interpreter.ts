import { Buffer } from "node:buffer";
import {
  limits,
  unreachable,
  type Compare,
  type CompareOperator,
  type KeyValueEntry,
  type NumberTarget,
  type OperationResult,
  type TransactionCommand,
  type TransactionOperation,
  type WriteRefusal,
} from "@aspenjs/api";
import type { ChangeContext, KeyChanges } from "./key-changes.ts";
import { deleteKeys, deleteRange, type DeleteOutcome } from "./key-deletion.ts";
import { scanBounds } from "./key-range.ts";
import type { KeyValueTable } from "./key-value-table.ts";
import { ResultBudget } from "./result-budget.ts";
import { collectScanPage, SCAN_PAGE_EMPTY } from "./scan-page.ts";

export type TransactionOutcome =
  | { readonly kind: "run"; readonly succeeded: boolean; readonly results: readonly OperationResult[] }
  | Refused;

interface Refused {
  readonly kind: "refused";
  readonly reason: WriteRefusal;
}

type OperationOutcome = { readonly kind: "run"; readonly result: OperationResult } | Refused;

const RESULT_TOO_LARGE: Refused = { kind: "refused", reason: "resultTooLarge" };

/** The changes of one that is refused are the caller's to take back. */
export function runTransaction(
  { compares, success, failure }: TransactionCommand,
  context: ChangeContext,
  changes: KeyChanges,
): TransactionOutcome {
  const succeeded = compares.every((compare) => holds(compare, context.table.get(compare.key)));
  const budget = new ResultBudget();
  const results: OperationResult[] = [];
  for (const operation of succeeded ? success : failure) {
    const outcome = runOperation(operation, context, changes, budget);
    if (outcome.kind === "refused") return outcome;
    results.push(outcome.result);
  }
  return { kind: "run", succeeded, results };
}

function runOperation(
  operation: TransactionOperation,
  context: ChangeContext,
  changes: KeyChanges,
  budget: ResultBudget,
): OperationOutcome {
  switch (operation.kind) {
    case "get": {
      const entry = context.table.get(operation.key);
      if (entry !== undefined && !budget.take(entry)) return RESULT_TOO_LARGE;
      return { kind: "run", result: { kind: "get", entry } };
    }
    case "set": {
      const outcome = changes.set(operation.key, operation.value, operation);
      if (outcome.kind === "refused") return outcome;
      const { previous } = outcome;
      if (operation.returnPrevious !== true || previous === undefined) return { kind: "run", result: { kind: "set" } };
      return budget.take(previous) ? { kind: "run", result: { kind: "set", previous } } : RESULT_TOO_LARGE;
    }
    case "delete":
      return deletion(deleteKeys([operation.key], operation.returnPrevious, changes, budget));
    case "deleteRange":
      return deletion(deleteRange(operation.range, operation.returnPrevious, context, changes, budget));
    case "scan":
      return scan(operation, context.table, budget);
    default:
      return unreachable(operation);
  }
}

function deletion(outcome: DeleteOutcome): OperationOutcome {
  if (outcome.kind === "refused") return outcome;
  const { deletedCount, previous } = outcome;
  if (previous === undefined) return { kind: "run", result: { kind: "delete", deletedCount } };
  return { kind: "run", result: { kind: "delete", deletedCount, previous } };
}

function scan(
  operation: Extract<TransactionOperation, { readonly kind: "scan" }>,
  table: KeyValueTable,
  budget: ResultBudget,
): OperationOutcome {
  const { range, limit = limits.scanLimitDefault, reverse = false, keysOnly = false } = operation;
  const bounds = scanBounds({ range, limit, reverse, keysOnly, after: undefined });
  if (bounds === undefined) return { kind: "run", result: { kind: "scan", ...SCAN_PAGE_EMPTY } };
  if (limit === 0) {
    return { kind: "run", result: { kind: "scan", entries: [], count: table.count(bounds), isTruncated: false } };
  }
  const page = collectScanPage(table.entriesIn(bounds, { reverse, keysOnly }, limit + 1), { limit });
  if (!page.entries.every((entry) => budget.take(entry))) return RESULT_TOO_LARGE;
  return { kind: "run", result: { kind: "scan", ...page } };
}

function holds(compare: Compare, entry: KeyValueEntry | undefined): boolean {
  if (compare.target !== "value") {
    return isInOrder(compare.operator, numberOf(compare.target, entry) - compare.number);
  }
  return entry !== undefined && isInOrder(compare.operator, Buffer.compare(entry.value, compare.value));
}

function numberOf(target: NumberTarget, entry: KeyValueEntry | undefined): number {
  if (entry === undefined) return 0;
  return target === "lease" ? (entry.leaseId ?? 0) : entry[target];
}

/** @param difference negative when the left side is the smaller one */
function isInOrder(operator: CompareOperator, difference: number): boolean {
  switch (operator) {
    case "=":
      return difference === 0;
    case "!=":
      return difference !== 0;
    case "<":
      return difference < 0;
    case ">":
      return difference > 0;
    default:
      return unreachable(operator);
  }
}
