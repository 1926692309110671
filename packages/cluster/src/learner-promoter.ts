import {
  AspenError,
  type CancelTimer,
  type Clock,
  type ClusterController,
  type Logger,
  type NodeId,
} from "@aspenjs/api";
import { limits } from "./limits.ts";

export interface LearnerPromoterDeps {
  readonly controller: ClusterController;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Learners of a cluster that this node leads; empty on any other node. */
  readonly learners: () => readonly NodeId[];
}

/**
 * Makes voters of learners that have caught up, one after the other, on whichever node leads. The checks are those of a
 * manual promotion: lag, health, and a quorum that would still answer.
 */
export class LearnerPromoter {
  readonly #deps: LearnerPromoterDeps;
  #cancel: CancelTimer | undefined;

  constructor(deps: LearnerPromoterDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#cancel = this.#deps.clock.setTimer(limits.promotionPollMs, () => {
      void this.#promoteNext().finally(() => {
        if (this.#cancel !== undefined) this.start();
      });
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  async #promoteNext(): Promise<void> {
    for (const nodeId of this.#deps.learners()) {
      try {
        await this.#deps.controller.promoteLearner(nodeId);
        this.#deps.logger.log("info", "a learner caught up and votes now", { nodeId });
        return;
      } catch (error) {
        if (!(error instanceof AspenError)) throw error;
        // Not yet: it lags, or the cluster is busy. The next round asks again.
        this.#deps.logger.log("debug", "a learner is not promoted yet", { nodeId, reason: error.message });
      }
    }
  }
}
