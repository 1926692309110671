import {
  assert,
  compareKeys,
  limits,
  type KeyRange,
  type KeyValueEntry,
  type LeaseId,
  type WriteRefusal,
} from "@aspenjs/api";
import type { ChangeContext, KeyChanges } from "./key-changes.ts";
import { userKeyBounds } from "./key-range.ts";
import type { ResultBudget } from "./result-budget.ts";

export type DeleteOutcome =
  | { readonly kind: "deleted"; readonly deletedCount: number; readonly previous?: readonly KeyValueEntry[] }
  | { readonly kind: "refused"; readonly reason: WriteRefusal };

/** The previous entries come in key order, whatever the order of the keys. */
export function deleteKeys(
  keys: readonly string[],
  isPreviousWanted: boolean | undefined,
  changes: KeyChanges,
  budget: ResultBudget,
): DeleteOutcome {
  const previous: KeyValueEntry[] = [];
  let deletedCount = 0;
  for (const key of keys) {
    const entry = changes.delete(key);
    if (entry === undefined) continue;
    deletedCount += 1;
    if (isPreviousWanted !== true) continue;
    if (!budget.take(entry)) return { kind: "refused", reason: "resultTooLarge" };
    previous.push(entry);
  }
  if (isPreviousWanted !== true) return { kind: "deleted", deletedCount };
  return { kind: "deleted", deletedCount, previous: previous.sort((left, right) => compareKeys(left.key, right.key)) };
}

export function deleteRange(
  range: KeyRange,
  isPreviousWanted: boolean | undefined,
  { table }: ChangeContext,
  changes: KeyChanges,
  budget: ResultBudget,
): DeleteOutcome {
  const bounds = userKeyBounds(range);
  if (bounds === undefined) return deleteKeys([], isPreviousWanted, changes, budget);
  const room = limits.changedKeysMax - changes.rangedKeyCount;
  const keys = Array.from(table.entriesIn(bounds, { reverse: false, keysOnly: true }, room + 1), ({ key }) => key);
  if (keys.length > room) return { kind: "refused", reason: "tooManyKeys" };
  changes.rangedKeyCount += keys.length;
  return deleteKeys(keys, isPreviousWanted, changes, budget);
}

/** Takes the keys of a lease with it. There are never more of them than one command may change. */
export function endLease(leaseId: LeaseId, { table, leases }: ChangeContext, changes: KeyChanges): number {
  const keyCount = leases.keyCount(leaseId);
  const keys = table.leaseKeys(leaseId, keyCount);
  assert(keys.length === keyCount, "L3: the table and the leases agree on who is bound");
  for (const key of keys) changes.delete(key);
  // The only key of a lease of its own has taken it along.
  leases.end(leaseId);
  return keyCount;
}
