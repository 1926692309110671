import { ok } from "node:assert/strict";
import { AspenError } from "../aspen-error.ts";
import type { ClusterController, PromoteLearnerOptions } from "../cluster-controller.ts";
import type { ClusterState } from "../cluster-state.ts";
import { isMember, type Membership, type NodeRecord } from "../membership.ts";
import type { NodeId } from "../node-id.ts";

/** A cluster that runs and was never initialised, and the nodes that can be its first members. */
export interface NewCluster {
  readonly controller: ClusterController;
  /** At least two. */
  readonly members: readonly NodeRecord[];
}

/** Nobody else changes the cluster while a case runs. Every case leaves the members as it found them. */
export interface ClusterControllerSubject {
  /** Of a cluster that is initialised and has a quorum, with room for two members more. */
  readonly controller: ClusterController;
  /** Another node at each call: running, reachable, and no member of any cluster. */
  newNode(): NodeRecord | Promise<NodeRecord>;
  newCluster(): NewCluster | Promise<NewCluster>;
  /** Lets the cluster work for a while, in real or in simulated time. */
  pause(delayMs: number): Promise<void>;
}

const TRIES_MAX = 200;
const PAUSE_MS = 50;

/** A node id that no cluster under test uses. */
export const UNKNOWN_NODE = 999_999_999;

/** Makes a call, again and again while the cluster says that it is only busy, as during an election. */
export async function patiently<Result>(
  subject: Pick<ClusterControllerSubject, "pause">,
  call: () => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      if (tries === TRIES_MAX || !isBusy(error)) throw error;
      await subject.pause(PAUSE_MS);
    }
  }
}

/** An election is under way, another change is not finished, or a node lags: it passes. */
function isBusy(error: unknown): boolean {
  if (!(error instanceof AspenError)) return false;
  return (
    ["not_leader", "unavailable", "timeout"].includes(error.code) || (error.code === "conflict" && error.retryable)
  );
}

/** Makes a learner a voter, patiently. */
export function promote(
  subject: ClusterControllerSubject,
  nodeId: NodeId,
  options?: PromoteLearnerOptions,
): Promise<ClusterState> {
  const promotion = () => subject.controller.promoteLearner(nodeId, options);
  return changed(subject, promotion, ({ voters }) => voters.includes(nodeId));
}

/** Removes a member, patiently. */
export function remove(subject: ClusterControllerSubject, nodeId: NodeId): Promise<ClusterState> {
  const removal = () => subject.controller.removeNode(nodeId);
  return changed(subject, removal, (membership) => !isMember(membership, nodeId));
}

/**
 * A change that cannot be made twice. When a leader is lost under it, nobody knows what became of it: a later try may
 * then be refused because the first one was made, and the state tells.
 */
async function changed(
  subject: ClusterControllerSubject,
  change: () => Promise<ClusterState>,
  isMade: (membership: Membership) => boolean,
): Promise<ClusterState> {
  let isInDoubt = false;
  return patiently(subject, async () => {
    try {
      return await change();
    } catch (error) {
      if (isInDoubt) {
        const state = await patiently(subject, () => subject.controller.currentState());
        if (state.membership.outgoingVoters.length === 0 && isMade(state.membership)) return state;
      }
      isInDoubt ||= error instanceof AspenError && error.details["outcome"] !== "not_applied";
      throw error;
    }
  });
}

/** Waits, within bounds, for what a cluster brings about by itself. */
export async function eventually<Result>(
  subject: Pick<ClusterControllerSubject, "pause">,
  what: string,
  look: () => Promise<Result | undefined>,
): Promise<Result> {
  for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
    const result = await patiently(subject, look);
    if (result !== undefined) return result;
    await subject.pause(PAUSE_MS);
  }
  ok(false, `never happened: ${what}`);
}

/** Runs the body with a new learner, and removes that node afterwards, whatever has become of it. */
export async function withNewLearner(
  subject: ClusterControllerSubject,
  body: (node: NodeRecord) => Promise<void>,
): Promise<void> {
  const { controller } = subject;
  const node = await subject.newNode();
  await patiently(subject, () => controller.addLearner(node, { waitForCatchUp: true }));
  try {
    await body(node);
  } finally {
    const { membership } = await patiently(subject, () => controller.currentState());
    if (membership.nodes.some((record) => record.nodeId === node.nodeId)) {
      await remove(subject, node.nodeId);
    }
  }
}
