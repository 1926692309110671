import type { CallOptions } from "./call-options.ts";
import type { ClusterState, LeaderInfo, NodeMetrics } from "./cluster-state.ts";
import type { LogId } from "./log-id.ts";
import type { NodeRecord } from "./membership.ts";
import type { NodeId } from "./node-id.ts";

export interface AddLearnerOptions extends CallOptions {
  /** Resolve only when the learner is within the promotion lag. */
  readonly waitForCatchUp?: boolean;
}

export interface PromoteLearnerOptions extends CallOptions {
  /** A voter that leaves in the same change. */
  readonly replace?: NodeId;
  /** Skips the checks of lag and health, not those that keep the cluster safe. */
  readonly force?: boolean;
}

export interface ChangeMembershipOptions extends CallOptions {
  readonly retainRemovedAsLearners?: boolean;
}

/**
 * Who is in the cluster, and who leads it. Every change goes through consensus; the methods resolve when the change
 * is committed. Rejects with `AspenError`.
 */
export interface ClusterController {
  /** Once per cluster: `already_initialized` afterwards. */
  init(members: readonly NodeRecord[], options?: CallOptions): Promise<ClusterState>;
  addLearner(node: NodeRecord, options?: AddLearnerOptions): Promise<ClusterState>;
  promoteLearner(nodeId: NodeId, options?: PromoteLearnerOptions): Promise<ClusterState>;
  /** From any set of voters to any other, by joint consensus. Every id must be a known node. */
  changeMembership(voters: readonly NodeId[], options?: ChangeMembershipOptions): Promise<ClusterState>;
  removeNode(nodeId: NodeId, options?: CallOptions): Promise<ClusterState>;
  /** To the given voter, or to the one that is most up to date. Resolves with the new leader. */
  transferLeadership(nodeId?: NodeId, options?: CallOptions): Promise<NodeId>;
  currentState(options?: CallOptions): Promise<ClusterState>;
  /** Of the node that is asked. */
  getMetrics(options?: CallOptions): Promise<NodeMetrics>;
  /** Of the node that is asked; resolves with the log id that the new snapshot covers. */
  triggerSnapshot(options?: CallOptions): Promise<LogId>;
  getLeader(options?: CallOptions): Promise<LeaderInfo | undefined>;
}
