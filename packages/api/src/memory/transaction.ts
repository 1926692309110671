import { unreachable } from "../assert.ts";
import type { KeyValueEntry } from "../key-value-entry.ts";
import type { Compare, CompareOperator, NumberTarget, TransactionCommand, TransactionResult } from "../transaction.ts";
import { compareBytes } from "./byte-order.ts";
import { runOperation } from "./operation.ts";
import type { RevisionDraft } from "./revision-draft.ts";

export function runTransaction(draft: RevisionDraft, command: TransactionCommand): TransactionResult {
  const { compares, success, failure } = command;
  const succeeded = compares.every((compare) => isMet(compare, draft.find(compare.key)));
  const results = (succeeded ? success : failure).map((operation) => runOperation(draft, operation));
  return { kind: "transaction", revision: draft.revision, succeeded, results };
}

function isMet(compare: Compare, entry: KeyValueEntry | undefined): boolean {
  if (compare.target !== "value") {
    return isOrdered(numberOf(entry, compare.target) - compare.number, compare.operator);
  }
  return entry !== undefined && isOrdered(compareBytes(entry.value, compare.value), compare.operator);
}

function numberOf(entry: KeyValueEntry | undefined, target: NumberTarget): number {
  if (entry === undefined) return 0;
  return target === "lease" ? (entry.leaseId ?? 0) : entry[target];
}

/** `difference` is negative, zero or positive as the actual is less than, equal to or greater than the demanded. */
function isOrdered(difference: number, operator: CompareOperator): boolean {
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
