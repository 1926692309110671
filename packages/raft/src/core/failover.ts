/**
 * The connection to the leader broke: its process is probably gone. A follower then asks around after a short random
 * delay instead of waiting for its patience to end, and grants others the same; a voter that still hears the leader
 * refuses, so nobody is disturbed. Whoever is refused, by one who has not noticed yet, holds more of the log or asked at
 * the same moment, asks again after a delay drawn from twice the range, until that range reaches ordinary patience. So
 * does whoever is not answered: the question may have been asked before there was a connection to carry it.
 *
 * Only timing: who may lead is decided by votes as ever. Off while leases count on voters to wait.
 */
import type { NodeId } from "@aspenjs/api";
import type { Failover, Raft } from "./raft.ts";
import type { Follower } from "./role.ts";

export function loseConnection(raft: Raft, follower: Follower, nodeId: NodeId): void {
  const { failoverTicksMax, lease } = raft.config;
  if (follower.leader !== nodeId || failoverTicksMax === 0 || lease.kind === "enabled") return;
  raft.contactTick = Number.NEGATIVE_INFINITY;
  raft.failover = { lostLeader: nodeId, ticksMax: failoverTicksMax };
  hasten(raft, follower, raft.failover);
}

/** A ballot was lost. While nobody was heard to lead, the next one comes soon. */
export function askAgainSoon(raft: Raft, follower: Follower): void {
  slowDown(raft);
  if (raft.failover !== undefined) hasten(raft, follower, raft.failover);
}

/** How long a pre-vote stays open. A question that costs nobody anything is not worth ordinary patience. */
export function drawPreVoteTicks(raft: Raft): number {
  const electionTicks = raft.drawElectionTicks();
  const { failover } = raft;
  if (failover === undefined) return electionTicks;
  return Math.min(electionTicks, failover.ticksMax + 1 + raft.random.below(failover.ticksMax));
}

/** Another attempt came to nothing: the next one takes its time, and in the end as much as any. */
export function slowDown(raft: Raft): void {
  if (raft.failover === undefined) return;
  raft.failover.ticksMax *= 2;
  if (raft.failover.ticksMax >= raft.config.electionTicksMin) raft.failover = undefined;
}

/** Answers that need not be waited for: the leader whose connection broke will hardly give one. */
export function knownAnswers(raft: Raft): readonly (readonly [NodeId, boolean])[] {
  return raft.failover === undefined ? [] : [[raft.failover.lostLeader, false]];
}

function hasten(raft: Raft, follower: Follower, { ticksMax }: Failover): void {
  follower.electionTick = Math.min(follower.electionTick, raft.now + 1 + raft.random.below(ticksMax));
}
