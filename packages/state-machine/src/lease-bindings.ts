import { limits, type KeyValueEntry, type LeaseId } from "@aspenjs/api";
import type { SavedLease } from "./lease-table.ts";

/**
 * What is wrong between the leases and the keys of one stored state, or nothing. A state that was damaged is refused
 * where it is read: a machine that went on with it would meet the contradiction in the middle of a batch.
 */
export function leaseBindingProblem(
  leases: readonly SavedLease[],
  keyCounts: Iterable<readonly [LeaseId, number]>,
): string | undefined {
  const unclaimed = new Map(keyCounts);
  for (const { leaseId, isOwnedByKey } of leases) {
    const keyCount = unclaimed.get(leaseId) ?? 0;
    unclaimed.delete(leaseId);
    if (isOwnedByKey && keyCount !== 1) return `lease ${leaseId} belongs to one key, but ${keyCount} are bound to it`;
    if (keyCount > limits.changedKeysMax) return `${keyCount} keys are bound to lease ${leaseId}`;
  }
  const [stray] = unclaimed.keys();
  return stray === undefined ? undefined : `a key is bound to lease ${stray}, which is not there`;
}

export function countLeaseKeys(entries: Iterable<KeyValueEntry>): ReadonlyMap<LeaseId, number> {
  const counts = new Map<LeaseId, number>();
  for (const { leaseId } of entries) if (leaseId !== undefined) counts.set(leaseId, (counts.get(leaseId) ?? 0) + 1);
  return counts;
}
