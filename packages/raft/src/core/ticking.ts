import { startElection, startPreVote, trustsLeader } from "./campaign.ts";
import { slowDown } from "./failover.ts";
import { releaseDeparted } from "./membership-change.ts";
import { quorumValue } from "./quorum.ts";
import type { Raft } from "./raft.ts";
import { expireForwardedReads, openRound, releaseReads, sendHeartbeats } from "./read-index.ts";
import type { Candidate, Follower, Leader, PreCandidate } from "./role.ts";
import { becomeFollower } from "./stepping-down.ts";
import { expireTransfer } from "./transfer.ts";

export function tickFollower(raft: Raft, follower: Follower): void {
  expireForwardedReads(raft, follower);
  if (raft.now >= follower.electionTick) startPreVote(raft);
}

/** Nobody won in time: ask again, with a new timeout. */
export function tickCandidate(raft: Raft, role: PreCandidate | Candidate): void {
  if (raft.now < role.electionTick) return;
  slowDown(raft);
  startPreVote(raft);
}

/**
 * A leader that no quorum answers, or whose own disk stalls, must not keep its followers loyal: it steps down and is
 * silent from then on (section 6.2; catalogue 9 and 53; R11).
 */
export function tickLeader(raft: Raft, leader: Leader): void {
  if (raft.now - quorumContactTick(raft, leader) > raft.config.electionTicksMax || raft.isWriteStalled()) {
    becomeFollower(raft, raft.term, undefined);
    return;
  }
  expireTransfer(raft, leader);
  releaseDeparted(raft, leader);
  if (raft.now < leader.heartbeatTick) return;
  openRound(raft, leader);
  sendHeartbeats(raft, leader);
  releaseReads(raft, leader);
}

/** When a quorum was last heard; now, for the leader itself. */
export function quorumContactTick(raft: Raft, leader: Leader): number {
  return quorumValue(raft.membership, (nodeId) =>
    nodeId === raft.nodeId ? raft.now : (leader.progress.get(nodeId)?.contactTick ?? leader.electedTick),
  );
}

/** The leader hands over: no reason to ask around (section 3.10). */
export function takeOver(raft: Raft): void {
  startElection(raft, true);
}

/** An operator wants an election. A lease that this node has trusted until now is not broken for it. */
export function campaignNow(raft: Raft): void {
  if (raft.config.lease.kind === "enabled" && trustsLeader(raft)) return;
  startPreVote(raft);
}
