import { assert, type CommandResult, type LogEntry, type LogIndex, type NodeId } from "@aspenjs/api";
import { decodeLogCommand } from "@aspenjs/protocol";
import type { ClusterObserver } from "../cluster/cluster-observer.ts";
import type { LeaseLoss, Tenure } from "../workload/tenure.ts";

/**
 * A lease lives at least its whole time from when it was granted or kept alive last, however often leadership changes
 * meanwhile; so nobody is given a lock that somebody else still counts on.
 */
export class LeaseSafety implements ClusterObserver {
  readonly name = "lease-safety";
  readonly #tenures = new Map<string, Tenure[]>();
  #checked: LogIndex = 0;
  tenureCount = 0;
  /** Leases that ended by themselves. */
  endedCount = 0;
  /** Leases that were kept alive, and entries of the log that it took. */
  keptAliveCount = 0;
  keepAliveEntryCount = 0;

  onApplied(_nodeId: NodeId, { index, payload }: LogEntry, result: CommandResult | undefined): void {
    if (index <= this.#checked) return;
    this.#checked = index;
    if (payload.kind !== "command" || result?.kind !== "leasesTouched") return;
    const { action } = decodeLogCommand(payload.command);
    if (action.kind === "expireLeases") this.endedCount += result.leaseIds.length;
    if (action.kind !== "renewLeases") return;
    this.keptAliveCount += result.leaseIds.length;
    this.keepAliveEntryCount += 1;
  }

  noteTenure(tenure: Tenure): void {
    this.tenureCount += 1;
    const others = this.#tenures.get(tenure.lock) ?? [];
    for (const other of others) {
      assert(
        tenure.fromUs >= other.untilUs || other.fromUs >= tenure.untilUs,
        `${tenure.lock} had two holders: ${tenureText(other)}, and ${tenureText(tenure)}`,
      );
    }
    others.push(tenure);
    this.#tenures.set(tenure.lock, others);
  }

  noteLoss({ holder, leaseId, toldUs, aliveUntilUs }: LeaseLoss): void {
    assert(
      toldUs >= aliveUntilUs,
      `${holder} was told at ${toldUs} us that lease ${leaseId} is over, which was to live until ${aliveUntilUs} us`,
    );
  }
}

function tenureText({ holder, leaseId, fromUs, untilUs }: Tenure): string {
  return `${holder} with lease ${leaseId} from ${fromUs} to ${untilUs} us`;
}
