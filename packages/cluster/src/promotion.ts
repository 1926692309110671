import { AspenError, limits as apiLimits, type Membership, type NodeId, type NodeMetrics } from "@aspenjs/api";

export interface PromotionOptions {
  /** A peer that answered within this time counts as healthy. */
  readonly healthyWithinMs: number;
  readonly isForced: boolean;
}

/**
 * Whether a learner may become a voter now. Its lag and health can be waived; that the new voters can still decide
 * anything cannot.
 * @throws AspenError `conflict`
 */
export function assertPromotable(
  metrics: NodeMetrics,
  next: Membership,
  learner: NodeId,
  options: PromotionOptions,
): void {
  const peer = metrics.peers.find((candidate) => candidate.nodeId === learner);
  const isHealthy = (nodeId: NodeId): boolean => {
    if (nodeId === metrics.nodeId) return true;
    const contactMs = metrics.peers.find((candidate) => candidate.nodeId === nodeId)?.lastContactMs;
    return contactMs !== undefined && contactMs <= options.healthyWithinMs;
  };
  const healthy = next.voters.filter(isHealthy).length;
  const needed = Math.floor(next.voters.length / 2) + 1;
  if (healthy < needed) {
    throw new AspenError("conflict", `only ${healthy} of ${next.voters.length} voters would answer`, {
      retryable: true,
      details: { healthy, needed },
    });
  }
  if (options.isForced) return;
  const lag = metrics.lastLogId.index - (peer?.matchIndex ?? 0);
  if (lag > apiLimits.promotionLagEntriesMax) {
    throw new AspenError("conflict", `node ${learner} is ${lag} entries behind`, {
      retryable: true,
      details: { lag, max: apiLimits.promotionLagEntriesMax },
    });
  }
  if (!isHealthy(learner)) {
    throw new AspenError("conflict", `node ${learner} has not answered lately`, { retryable: true });
  }
}
