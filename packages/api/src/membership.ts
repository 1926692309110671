import { assert } from "./assert.ts";
import type { LogId } from "./log-id.ts";
import { compareNodeIds, isNodeId, type NodeId, type PeerId } from "./node-id.ts";

/** How to reach a node and how to recognise it. Addresses are hints; the peer id is proven by the transport. */
export interface NodeRecord {
  readonly nodeId: NodeId;
  readonly peerId: PeerId;
  readonly addresses: readonly string[];
}

/**
 * Who decides, who only listens. While `outgoingVoters` is not empty the membership is *joint*: every decision needs
 * a majority of both sets (dissertation section 4.3). All lists are sorted by node id and free of duplicates.
 */
export interface Membership {
  readonly voters: readonly NodeId[];
  readonly outgoingVoters: readonly NodeId[];
  readonly learners: readonly NodeId[];
  /** One record for every node named above. */
  readonly nodes: readonly NodeRecord[];
}

/** A membership and the log entry that holds it. */
export interface StoredMembership {
  readonly logId: LogId;
  readonly membership: Membership;
}

export const MEMBERSHIP_EMPTY: Membership = { voters: [], outgoingVoters: [], learners: [], nodes: [] };

export function isJoint(membership: Membership): boolean {
  return membership.outgoingVoters.length > 0;
}

export function isVoter(membership: Membership, nodeId: NodeId): boolean {
  return membership.voters.includes(nodeId) || membership.outgoingVoters.includes(nodeId);
}

export function isMember(membership: Membership, nodeId: NodeId): boolean {
  return isVoter(membership, nodeId) || membership.learners.includes(nodeId);
}

/** Every node that takes part in any way, sorted. */
export function memberIds(membership: Membership): readonly NodeId[] {
  const ids = new Set([...membership.voters, ...membership.outgoingVoters, ...membership.learners]);
  return [...ids].sort(compareNodeIds);
}

export function findNodeRecord(membership: Membership, nodeId: NodeId): NodeRecord | undefined {
  return membership.nodes.find((record) => record.nodeId === nodeId);
}

/** Says what is wrong with a membership that is not empty, or nothing. For input from outside and for assertions. */
export function membershipProblem(membership: Membership): string | undefined {
  const { voters, outgoingVoters, learners, nodes } = membership;
  if (voters.length === 0) return "a membership needs at least one voter";
  for (const ids of [voters, outgoingVoters, learners, nodes.map((record) => record.nodeId)]) {
    if (!ids.every(isNodeId)) return "a node id is an integer from 1 to 2^53 - 1";
    if (!ids.every((id, position) => position === 0 || (ids[position - 1] ?? 0) < id)) {
      return "node ids must be sorted and distinct";
    }
  }
  const voter = learners.find((id) => voters.includes(id));
  if (voter !== undefined) return `node ${voter} cannot be voter and learner at once`;
  const expected = memberIds(membership);
  if (nodes.length !== expected.length || !nodes.every((record, position) => record.nodeId === expected[position])) {
    return "every member needs exactly one node record";
  }
  if (new Set(nodes.map((record) => record.peerId)).size !== nodes.length) return "two nodes share one peer id";
  return undefined;
}

export function assertMembership(membership: Membership): void {
  const problem = membershipProblem(membership);
  assert(problem === undefined, problem ?? "");
}
