import {
  assertMembership,
  compareNodeIds,
  findNodeRecord,
  isJoint,
  isMember,
  memberIds,
  membershipProblem,
  type Membership,
  type NodeId,
  type NodeRecord,
} from "@aspenjs/api";
import type { MembershipTarget, Token } from "./event.ts";
import { createProgress } from "./progress.ts";
import type { Raft } from "./raft.ts";
import type { Leader } from "./role.ts";

/**
 * Starts a change to any other membership. Voters change through a joint phase (section 4.3), learners at once. One
 * change at a time (R7), and none before this term has committed something: else two leaders of different terms could
 * each count a quorum of their own (Ongaro's correction of 2015; R8).
 */
export function changeMembership(raft: Raft, leader: Leader, token: Token, target: MembershipTarget): void {
  const present = raft.memberships.effective;
  if (leader.transfer !== undefined) {
    return raft.refuse(token, "transferring", "leadership is being handed over");
  }
  if (raft.committed < leader.termStart) {
    return raft.refuse(token, "change_in_progress", "this leader has not committed anything yet");
  }
  if (present.logId.index > raft.committed || isJoint(present.membership)) {
    return raft.refuse(token, "change_in_progress", "an earlier change is not finished");
  }
  const next = nextMembership(present.membership, target);
  const problem = membershipProblem(next);
  if (problem !== undefined) return raft.refuse(token, "invalid_membership", problem);
  const logId = raft.append({ kind: "membership", membership: next });
  followMembership(raft, leader);
  raft.emit({ kind: "proposed", token, logId });
}

/** The first step from `present` towards `target`: joint when the voters differ, else the target itself. */
function nextMembership(present: Membership, target: MembershipTarget): Membership {
  const voters = [...target.voters].sort(compareNodeIds);
  const learners = [...target.learners].sort(compareNodeIds);
  const isSameVoters = voters.length === present.voters.length && voters.every((id) => present.voters.includes(id));
  const outgoingVoters = isSameVoters ? [] : present.voters;
  const records = [...target.nodes, ...present.nodes];
  return withRecords({ voters, outgoingVoters, learners, nodes: [] }, records);
}

/** The joint membership is committed: the old half retires. */
export function leaveJoint(raft: Raft, leader: Leader): void {
  const { voters, learners, nodes } = raft.membership;
  const next = withRecords({ voters, outgoingVoters: [], learners, nodes: [] }, nodes);
  assertMembership(next);
  raft.append({ kind: "membership", membership: next });
  followMembership(raft, leader);
}

/** Gives every new member a progress; those who are gone keep theirs until their departure commits. */
export function followMembership(raft: Raft, leader: Leader): void {
  for (const nodeId of memberIds(raft.membership)) {
    if (nodeId === raft.nodeId) continue;
    const known = leader.progress.get(nodeId);
    if (known === undefined) {
      leader.progress.set(nodeId, createProgress(raft.log.last.index + 1, raft.now, leader.sequence));
    } else {
      known.departsAt = undefined;
      known.releaseTick = undefined;
    }
  }
  for (const [nodeId, progress] of leader.progress) {
    if (!isMember(raft.membership, nodeId)) progress.departsAt ??= raft.memberships.effective.logId.index;
  }
}

/**
 * Who left with a committed entry is served until it holds that entry, told that it is committed, and forgotten; or
 * forgotten after an election timeout. A node that does not know that it left would campaign in vain.
 */
export function releaseDeparted(raft: Raft, leader: Leader): void {
  for (const [nodeId, progress] of leader.progress) {
    if (progress.departsAt === undefined || progress.departsAt > raft.committed) continue;
    if (progress.matchIndex >= progress.departsAt) {
      const committed = Math.min(progress.matchIndex, raft.committed);
      raft.send(nodeId, { kind: "heartbeatRequest", term: raft.term, committed, round: leader.round });
      leader.progress.delete(nodeId);
      continue;
    }
    progress.releaseTick ??= raft.now + raft.config.electionTicksMax;
    if (raft.now >= progress.releaseTick) leader.progress.delete(nodeId);
  }
}

function withRecords(membership: Membership, records: readonly NodeRecord[]): Membership {
  const nodes = memberIds(membership)
    .map((nodeId: NodeId) => findNodeRecord({ ...membership, nodes: records }, nodeId))
    .filter((record) => record !== undefined);
  return { ...membership, nodes };
}
