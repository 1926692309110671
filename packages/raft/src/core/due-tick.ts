import type { Raft } from "./raft.ts";
import type { Follower, Leader } from "./role.ts";
import { quorumContactTick } from "./ticking.ts";

/**
 * The first tick at which time alone makes this node do something. Those before it change nothing, so whoever drives
 * the node need not wake for them (S5); an event in between may bring it nearer or move it away. It says in one place
 * what `ticking.ts` compares with `now`.
 */
export function dueTick(raft: Raft): number {
  const { role } = raft;
  // Only before the first step: what an earlier life knew to be committed waits for any event at all.
  if (Math.min(raft.committed, raft.durable) > raft.applying) return raft.now;
  switch (role.kind) {
    case "follower":
      return followerDueTick(raft, role);
    case "preCandidate":
    case "candidate":
      return role.electionTick;
    case "leader":
      return leaderDueTick(raft, role);
  }
}

function followerDueTick(raft: Raft, follower: Follower): number {
  let due = follower.electionTick;
  for (const { sentTick } of follower.reads.values()) due = Math.min(due, sentTick + raft.config.electionTicksMin + 1);
  return due;
}

function leaderDueTick(raft: Raft, leader: Leader): number {
  const { electionTicksMax } = raft.config;
  const patience = electionTicksMax + 1;
  const stalledSince = raft.writeStalledSinceTick ?? Number.POSITIVE_INFINITY;
  const due = Math.min(leader.heartbeatTick, quorumContactTick(raft, leader) + patience, stalledSince + patience);
  return Math.min(due, leader.transfer?.deadlineTick ?? due, departureDueTick(leader));
}

/** Who left is forgotten at the latest then. */
function departureDueTick(leader: Leader): number {
  let due = Number.POSITIVE_INFINITY;
  for (const { releaseTick } of leader.progress.values()) due = Math.min(due, releaseTick ?? due);
  return due;
}
