import { AspenError } from "./aspen-error.ts";
import { limits } from "./limits.ts";
import { findNodeRecord, isMember, isVoter, memberIds, type Membership, type NodeRecord } from "./membership.ts";
import { compareNodeIds, type NodeId } from "./node-id.ts";

/*
 * Every membership change as a function from one membership to the next. What a change may not do is refused here,
 * with one code for each reason:
 *
 * - `not_found`: a node that is no member is named
 * - `invalid_request`: the change makes no sense whatever the cluster looks like, or would leave no voter
 * - `conflict`: it makes no sense now, such as promoting a voter
 */

export function withLearner(present: Membership, node: NodeRecord): Membership {
  if (isVoter(present, node.nodeId)) throw new AspenError("conflict", `node ${node.nodeId} is a voter already`);
  const isNew = !isMember(present, node.nodeId);
  if (isNew && memberIds(present).length >= limits.peersMax) {
    throw new AspenError("resource_exhausted", `a cluster has at most ${limits.peersMax} members`, {
      retryable: false,
      details: { max: limits.peersMax },
    });
  }
  const others = present.nodes.filter((record) => record.nodeId !== node.nodeId);
  if (others.some((record) => record.peerId === node.peerId)) {
    throw new AspenError("invalid_request", `the peer id of node ${node.nodeId} belongs to another member`);
  }
  return membershipOf(present.voters, [...present.learners, node.nodeId], [...others, node]);
}

export function withPromoted(present: Membership, learner: NodeId, replaced: NodeId | undefined): Membership {
  requireMember(present, learner);
  if (!present.learners.includes(learner)) throw new AspenError("conflict", `node ${learner} is a voter already`);
  if (replaced !== undefined) requireVoter(present, replaced);
  const voters = [...present.voters.filter((nodeId) => nodeId !== replaced), learner];
  return membershipOf(voters, present.learners, present.nodes);
}

export function withVoters(present: Membership, voters: readonly NodeId[], isRetaining: boolean): Membership {
  if (voters.length === 0) throw new AspenError("invalid_request", "a cluster needs at least one voter");
  if (new Set(voters).size !== voters.length) throw new AspenError("invalid_request", "a voter is named twice");
  for (const nodeId of voters) requireMember(present, nodeId);
  const learners = isRetaining ? [...present.learners, ...present.voters] : present.learners;
  return membershipOf(voters, learners, present.nodes);
}

export function withoutNode(present: Membership, nodeId: NodeId): Membership {
  requireMember(present, nodeId);
  const isOther = (id: NodeId): boolean => id !== nodeId;
  const voters = present.voters.filter(isOther);
  if (voters.length === 0) throw new AspenError("invalid_request", "the last voter cannot be removed");
  return membershipOf(voters, present.learners.filter(isOther), present.nodes);
}

export function requireMember(membership: Membership, nodeId: NodeId): void {
  if (!isMember(membership, nodeId)) throw new AspenError("not_found", `node ${nodeId} is not a member`);
}

export function requireVoter(membership: Membership, nodeId: NodeId): void {
  requireMember(membership, nodeId);
  if (!isVoter(membership, nodeId)) throw new AspenError("invalid_request", `node ${nodeId} is not a voter`);
}

/** Sorted, a voter being no learner, and with the records of exactly those who are in it. */
export function membershipOf(
  voters: readonly NodeId[],
  learners: readonly NodeId[],
  records: readonly NodeRecord[],
): Membership {
  const onlyLearners = new Set(learners.filter((nodeId) => !voters.includes(nodeId)));
  const membership = {
    voters: [...voters].sort(compareNodeIds),
    outgoingVoters: [],
    learners: [...onlyLearners].sort(compareNodeIds),
    nodes: records,
  };
  const nodes = memberIds(membership).map((nodeId) => findNodeRecord(membership, nodeId));
  return { ...membership, nodes: nodes.filter((record) => record !== undefined) };
}
