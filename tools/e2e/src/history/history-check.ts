/**
 * Linearizability in almost linear time, because every answer names the revision at which it was true. A history is
 * linearizable if the order of the revisions explains it:
 *
 * H1  No two changes have one revision, and no change has two: none was doubled.
 * H2  What was seen at a revision is what the last change up to that revision wrote; of changes without an answer, a
 *     sight shows that and when they took effect.
 * H3  Whoever began after another had ended is not behind it; a change is ahead of it.
 */
import type { Revision } from "@aspenjs/api";
import type { Change, Operation, Sight } from "./operation.ts";

interface Placed {
  readonly operation: Operation;
  readonly change: Change;
  readonly revision: Revision;
}

/** What is wrong with a history, in words; nothing if it is linearizable. */
export function historyViolations(operations: readonly Operation[]): readonly string[] {
  const violations: string[] = [];
  const changes = placeChanges(operations, violations);
  checkSights(operations, changes, violations);
  checkOrder(operations, changes, violations);
  return violations;
}

/** Every change whose revision is known, from its own answer or because somebody saw it. */
function placeChanges(operations: readonly Operation[], violations: string[]): ReadonlyMap<Revision, Placed> {
  const placed = new Map<Revision, Placed>();
  const unknown = new Map<string, { readonly operation: Operation; readonly change: Change }>();
  const revisions = new Map<Operation, Revision>();
  const place = (operation: Operation, change: Change, revision: Revision): void => {
    const other = placed.get(revision);
    const before = revisions.get(operation);
    if (other !== undefined) {
      violations.push(`H1: ${textOf(change)} and ${textOf(other.change)} both took revision ${revision}`);
      return;
    }
    if (before !== undefined) violations.push(`H1: ${textOf(change)} took revision ${before}, and ${revision}`);
    placed.set(revision, { operation, change, revision });
    revisions.set(operation, revision);
  };
  for (const operation of operations) {
    const { change } = operation;
    if (change === undefined) continue;
    if (change.revision !== undefined) place(operation, change, change.revision);
    else if (change.value !== undefined) unknown.set(change.value, { operation, change });
  }
  for (const { sight } of operations) {
    for (const [key, { value, modRevision }] of sight?.found ?? []) {
      const candidate = unknown.get(value);
      if (placed.has(modRevision) || candidate === undefined || candidate.change.key !== key) continue;
      place(candidate.operation, candidate.change, modRevision);
    }
  }
  return placed;
}

function checkSights(
  operations: readonly Operation[],
  changes: ReadonlyMap<Revision, Placed>,
  violations: string[],
): void {
  const ofKey = Map.groupBy(
    [...changes.values()].toSorted((left, right) => left.revision - right.revision),
    ({ change }) => change.key,
  );
  const lostDeletions = operations.flatMap(({ change }) =>
    change !== undefined && change.value === undefined && change.revision === undefined ? [change.key] : [],
  );
  for (const { sight } of operations) {
    for (const key of sight?.keys ?? []) {
      if (sight === undefined) continue;
      const problem = problemOf(sight, key, ofKey.get(key) ?? [], lostDeletions.includes(key));
      if (problem !== undefined) violations.push(`H2: at revision ${sight.revision}, ${problem}`);
    }
  }
}

/** A deletion without an answer leaves no trace but an absence: any absence after it may be its work. */
function problemOf(sight: Sight, key: string, changes: readonly Placed[], mayBeDeleted: boolean): string | undefined {
  const seen = sight.found.get(key);
  const last = changes[lastUpTo(changes, sight.revision)];
  if (seen === undefined) {
    if (last?.change.value === undefined || mayBeDeleted) return undefined;
    return `${key} was absent, after ${textOf(last.change)} at ${last.revision}`;
  }
  const text = `${key} was ${seen.value} of revision ${seen.modRevision}`;
  if (last === undefined || last.revision < seen.modRevision) return `${text}, which nobody wrote`;
  if (last.revision > seen.modRevision) return `${text}, after ${textOf(last.change)} at ${last.revision}`;
  return last.change.value === seen.value ? undefined : `${text}, which is that of ${textOf(last.change)}`;
}

function lastUpTo(changes: readonly Placed[], revision: Revision): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((changes[middle]?.revision ?? Infinity) <= revision) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function checkOrder(
  operations: readonly Operation[],
  changes: ReadonlyMap<Revision, Placed>,
  violations: string[],
): void {
  const revisions = new Map([...changes.values()].map(({ operation, revision }) => [operation, revision]));
  const revisionOf = (operation: Operation): Revision | undefined => {
    return revisions.get(operation) ?? operation.sight?.revision;
  };
  const byEnd = operations.toSorted((left, right) => left.endedMs - right.endedMs);
  let endedCount = 0;
  let latest = -1;
  for (const operation of operations.toSorted((left, right) => left.startedMs - right.startedMs)) {
    for (;;) {
      const ended = byEnd[endedCount];
      if (ended === undefined || ended.endedMs >= operation.startedMs) break;
      latest = Math.max(latest, revisionOf(ended) ?? -1);
      endedCount += 1;
    }
    const revision = revisionOf(operation);
    if (revision === undefined) continue;
    const change = changes.get(revision)?.operation === operation ? operation.change : undefined;
    if (change !== undefined && revision <= latest) {
      violations.push(`H3: ${textOf(change)} took revision ${revision}, after ${latest} had been seen`);
    } else if (revision < latest) {
      violations.push(`H3: a call was answered as of revision ${revision}, after ${latest} had been seen`);
    }
  }
}

function textOf({ key, value }: Change): string {
  return value === undefined ? `the deletion of ${key}` : `${key} = ${value}`;
}
