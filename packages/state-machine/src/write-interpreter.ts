/**
 * What each write does to the keys. Both backends run this code, so they cannot come to different results.
 *
 * - A command that changes at least one key takes the next revision; one that changes nothing takes none.
 * - Every result carries the store's revision after the command.
 * - A command that is refused has changed nothing.
 */
import { Buffer } from "node:buffer";
import {
  unreachable,
  type CompareAndDeleteCommand,
  type CompareAndSwapCommand,
  type Expected,
  type KeyValueEntry,
  type LeaseGrantCommand,
  type LeaseId,
  type SetCommand,
  type SetMultiCommand,
  type WriteCommand,
  type WriteRefusal,
  type WriteResult,
} from "@aspenjs/api";
import { KeyChanges, type ChangeContext } from "./key-changes.ts";
import { deleteKeys, deleteRange, endLease, type DeleteOutcome } from "./key-deletion.ts";
import { ResultBudget } from "./result-budget.ts";
import { runTransaction } from "./transaction-interpreter.ts";

export type WriteOutcome =
  | { readonly kind: "written"; readonly result: WriteResult }
  | { readonly kind: "refused"; readonly reason: WriteRefusal };

export function applyWrite(command: WriteCommand, context: ChangeContext): WriteOutcome {
  const changes = new KeyChanges(context);
  const outcome = runWrite(command, context, changes);
  if (outcome.kind === "refused") changes.undo();
  else changes.keep();
  return outcome;
}

function runWrite(command: WriteCommand, context: ChangeContext, changes: KeyChanges): WriteOutcome {
  switch (command.kind) {
    case "set":
      return runSet(command, changes);
    case "setMulti":
      return runSetMulti(command, changes);
    case "delete":
      return deleteResult(deleteKeys([command.key], command.returnPrevious, changes, new ResultBudget()), changes);
    case "deleteMulti":
      return deleteResult(deleteKeys(command.keys, command.returnPrevious, changes, new ResultBudget()), changes);
    case "deleteRange": {
      const { range, returnPrevious } = command;
      return deleteResult(deleteRange(range, returnPrevious, context, changes, new ResultBudget()), changes);
    }
    case "compareAndSwap":
    case "compareAndDelete":
      return runCompare(command, context, changes);
    case "transaction": {
      const outcome = runTransaction(command, context, changes);
      if (outcome.kind === "refused") return outcome;
      const { succeeded, results } = outcome;
      return { kind: "written", result: { kind: "transaction", revision: changes.revision, succeeded, results } };
    }
    case "leaseGrant":
      return runLeaseGrant(command, context);
    case "leaseRevoke":
      return runLeaseRevoke(command.leaseId, context, changes);
    default:
      return unreachable(command);
  }
}

function deleteResult(outcome: DeleteOutcome, changes: KeyChanges): WriteOutcome {
  if (outcome.kind === "refused") return outcome;
  const { deletedCount, previous } = outcome;
  const result = { kind: "delete", revision: changes.revision, deletedCount } as const;
  return { kind: "written", result: previous === undefined ? result : { ...result, previous } };
}

function runSet(command: SetCommand, changes: KeyChanges): WriteOutcome {
  const outcome = changes.set(command.key, command.value, command);
  if (outcome.kind === "refused") return outcome;
  const { previous } = outcome;
  const result = { kind: "set", revision: changes.revision } as const;
  if (command.returnPrevious !== true || previous === undefined) return { kind: "written", result };
  return { kind: "written", result: { ...result, previous } };
}

function runSetMulti({ pairs }: SetMultiCommand, changes: KeyChanges): WriteOutcome {
  for (const { key, value } of pairs) {
    const outcome = changes.set(key, value);
    if (outcome.kind === "refused") return outcome;
  }
  return { kind: "written", result: { kind: "setMulti", revision: changes.revision } };
}

function runCompare(
  command: CompareAndSwapCommand | CompareAndDeleteCommand,
  { table, revision }: ChangeContext,
  changes: KeyChanges,
): WriteOutcome {
  const actual = table.get(command.key);
  if (!isExpected(actual, command.expected)) {
    return { kind: "written", result: { kind: "compare", outcome: "conflict", revision, actual } };
  }
  if (command.kind === "compareAndDelete") changes.delete(command.key);
  else {
    const outcome = changes.set(command.key, command.value);
    if (outcome.kind === "refused") return outcome;
  }
  return { kind: "written", result: { kind: "compare", outcome: "ok", revision: changes.revision } };
}

function runLeaseGrant({ leaseId, ttlMs }: LeaseGrantCommand, context: ChangeContext): WriteOutcome {
  const { leases, revision, index: firstNumber, logTimeMs } = context;
  const outcome = leases.grant({ leaseId, firstNumber, ttlMs, logTimeMs, isOwnedByKey: false });
  if (outcome.kind === "refused") return outcome;
  return { kind: "written", result: { kind: "leaseGrant", revision, leaseId: outcome.leaseId, ttlMs } };
}

function runLeaseRevoke(leaseId: LeaseId, context: ChangeContext, changes: KeyChanges): WriteOutcome {
  const wasGranted = context.leases.find(leaseId) !== undefined;
  const deletedCount = wasGranted ? endLease(leaseId, context, changes) : 0;
  return {
    kind: "written",
    result: { kind: "leaseRevoke", revision: changes.revision, wasGranted, deletedCount },
  };
}

function isExpected(actual: KeyValueEntry | undefined, expected: Expected): boolean {
  switch (expected.kind) {
    case "absent":
      return actual === undefined;
    case "value":
      return actual !== undefined && Buffer.compare(actual.value, expected.value) === 0;
    case "modRevision":
      return actual !== undefined && actual.modRevision === expected.modRevision;
    default:
      return unreachable(expected);
  }
}
