import { limits, unreachable, type CommandResult, type LeaseId } from "@aspenjs/api";
import type { LogAction } from "@aspenjs/protocol";
import { KeyChanges, type ChangeContext } from "./key-changes.ts";
import { endLease } from "./key-deletion.ts";

/** What the leader says about leases by itself. */
export type LeaseAction = Extract<LogAction, { readonly kind: "renewLeases" | "expireLeases" | "extendLeases" }>;

export type LeasesTouched = Extract<CommandResult, { readonly kind: "leasesTouched" }>;

export function applyLeaseAction(action: LeaseAction, context: ChangeContext): LeasesTouched {
  const { leases, logTimeMs, revision } = context;
  switch (action.kind) {
    case "renewLeases":
      return { kind: "leasesTouched", revision, leaseIds: leases.renew(action.leaseIds, logTimeMs) };
    case "extendLeases":
      leases.extendAll(logTimeMs);
      return { kind: "leasesTouched", revision, leaseIds: [] };
    case "expireLeases":
      return expireLeases(action.leaseIds, context);
    default:
      return unreachable(action);
  }
}

/** Of those that are due, as many as one entry may take the keys of. The leader says it again for the rest. */
function expireLeases(leaseIds: readonly LeaseId[], context: ChangeContext): LeasesTouched {
  const { leases, logTimeMs } = context;
  const changes = new KeyChanges(context);
  const ended: LeaseId[] = [];
  for (const leaseId of leaseIds) {
    // L1: one that was kept alive since the leader looked is not due any more.
    if (!leases.isDue(leaseId, logTimeMs)) continue;
    if (changes.count + leases.keyCount(leaseId) > limits.changedKeysMax) break;
    endLease(leaseId, context, changes);
    ended.push(leaseId);
  }
  changes.keep();
  return { kind: "leasesTouched", revision: changes.revision, leaseIds: ended };
}
