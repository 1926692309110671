import { assert, type NodeId } from "@aspenjs/api";
import type { ClusterObserver, NodeStart } from "../cluster/cluster-observer.ts";

/** A node that has promised anything and finds empty disks does not take part: it might promise something else. */
export class WipedDisk implements ClusterObserver {
  readonly name = "wiped-disk";
  /** Whoever has written something that would have survived a power cut. */
  readonly #promised = new Set<NodeId>();

  onLogDurable(nodeId: NodeId): void {
    this.#promised.add(nodeId);
  }

  onStarted(nodeId: NodeId, { hardState }: NodeStart): void {
    // The entries do not tell: a log without any is set behind what the state machine has.
    const isEmpty = hardState.term === 0;
    assert(!isEmpty || !this.#promised.has(nodeId), `node ${nodeId} takes part with an empty log`);
  }
}
