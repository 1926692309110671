import type { LogIndex, NodeId } from "@aspenjs/api";
import type { ReadIndexRequest, ReadIndexResponse } from "./message.ts";
import type { Progress } from "./progress.ts";
import { quorumValue } from "./quorum.ts";
import type { Raft } from "./raft.ts";
import type { Follower, Leader, LeaderRead, ReadOrigin } from "./role.ts";
import type { Token } from "./event.ts";

/**
 * Linearizable reads without a log entry (section 6.4). A read notes the commit index, and is answered once a quorum
 * confirmed that this node still led *after* the read arrived. All reads that wait when a round opens share it; rounds
 * are numbered by the leader, so no confirmation can be taken for a later one (catalogue 43).
 */
export function acceptRead(raft: Raft, leader: Leader, origin: ReadOrigin, mode: "quorum" | "lease"): void {
  if (leader.reads.length >= raft.config.readsMax) return turnAway(raft, origin);
  const isReadable = raft.committed >= leader.termStart;
  if (mode === "lease" && isReadable && holdsLease(raft, leader)) {
    answerRead(raft, origin, raft.committed);
    return;
  }
  leader.reads.push({ origin, round: undefined, readIndex: isReadable ? raft.committed : undefined });
}

/** Opens a round when reads wait for one and none is under way. Runs once at the end of each step. */
export function openReadRound(raft: Raft, leader: Leader): void {
  if (raft.committed < leader.termStart) return;
  const waiting = leader.reads.filter((read) => read.round === undefined);
  if (waiting.length === 0) return;
  const isRoundOpen = leader.reads.some((read) => read.round !== undefined);
  if (isRoundOpen) return;
  const round = openRound(raft, leader);
  for (const read of waiting) {
    read.round = round;
    // Noted before the term's first commit: only now is the commit index known to cover what earlier terms left (R6).
    read.readIndex ??= raft.committed;
  }
  sendHeartbeats(raft, leader);
  releaseReads(raft, leader);
}

export function sendHeartbeats(raft: Raft, leader: Leader): void {
  leader.heartbeatTick = raft.now + raft.config.heartbeatTicks;
  for (const [nodeId, progress] of leader.progress) {
    const committed = Math.min(progress.matchIndex, raft.committed);
    progress.committedSent = committed;
    raft.send(nodeId, { kind: "heartbeatRequest", term: raft.term, committed, round: leader.round });
  }
}

export function openRound(raft: Raft, leader: Leader): number {
  leader.round += 1;
  leader.roundTicks.push({ round: leader.round, tick: raft.now });
  return leader.round;
}

export function confirmRound(raft: Raft, leader: Leader, progress: Progress, round: number): void {
  if (round <= progress.confirmedRound) return;
  progress.confirmedRound = round;
  releaseReads(raft, leader);
}

/** Answers every read whose round a quorum has confirmed, and lets the lease count from that round's opening. */
export function releaseReads(raft: Raft, leader: Leader): void {
  const confirmed = quorumValue(raft.membership, (nodeId) =>
    nodeId === raft.nodeId ? leader.round : (leader.progress.get(nodeId)?.confirmedRound ?? 0),
  );
  while ((leader.roundTicks[0]?.round ?? Number.POSITIVE_INFINITY) <= confirmed) {
    leader.leaseTick = leader.roundTicks.shift()?.tick ?? leader.leaseTick;
  }
  if (leader.reads.length === 0) return;
  const waiting: LeaderRead[] = [];
  for (const read of leader.reads) {
    if (read.round === undefined || read.readIndex === undefined || read.round > confirmed) waiting.push(read);
    else answerRead(raft, read.origin, read.readIndex);
  }
  leader.reads = waiting;
}

/**
 * A lease counts from when its round was *sent*, is shorter than any voter's patience by the allowed drift, and ends
 * for the whole term when leadership is handed over, since that election does not wait for patience (catalogue 44).
 */
function holdsLease(raft: Raft, leader: Leader): boolean {
  const { lease, electionTicksMin } = raft.config;
  if (lease.kind === "disabled" || leader.transfer !== undefined || leader.isLeaseForfeited) return false;
  return raft.now < leader.leaseTick + electionTicksMin - lease.driftTicks;
}

/** Too many wait (R12). */
function turnAway(raft: Raft, origin: ReadOrigin): void {
  if (origin.kind === "local") raft.refuse(origin.token, "overloaded", "too many reads wait");
  else refuseReadIndexRequest(raft, origin.from, origin.requestId);
}

function answerRead(raft: Raft, origin: ReadOrigin, readIndex: LogIndex): void {
  switch (origin.kind) {
    case "local":
      raft.emit({ kind: "readReady", token: origin.token, readIndex });
      return;
    case "remote":
      raft.send(origin.from, {
        kind: "readIndexResponse",
        term: raft.term,
        requestId: origin.requestId,
        readIndex,
      });
      return;
  }
}

/** On a follower: ask the leader. */
export function forwardRead(raft: Raft, follower: Follower, token: Token): void {
  if (follower.leader === undefined) return raft.refuse(token, "not_leader", "no leader is known");
  if (follower.reads.size >= raft.config.readsMax) return raft.refuse(token, "overloaded", "too many reads wait");
  raft.readRequests += 1;
  follower.reads.set(raft.readRequests, { token, sentTick: raft.now });
  raft.reply(follower.leader, { kind: "readIndexRequest", term: raft.term, requestId: raft.readRequests });
}

/** On a leader: a follower asks. */
export function onReadIndexRequest(raft: Raft, leader: Leader, from: NodeId, request: ReadIndexRequest): void {
  acceptRead(raft, leader, { kind: "remote", from, requestId: request.requestId }, "quorum");
}

/** Not the leader (any more): say so at once. */
export function refuseReadIndexRequest(raft: Raft, from: NodeId, requestId: number): void {
  raft.reply(from, { kind: "readIndexResponse", term: raft.term, requestId, readIndex: undefined });
}

export function onReadIndexResponse(raft: Raft, follower: Follower, response: ReadIndexResponse): void {
  const read = follower.reads.get(response.requestId);
  if (read === undefined) return;
  follower.reads.delete(response.requestId);
  if (response.readIndex === undefined) {
    raft.refuse(read.token, "interrupted", "the asked node does not lead");
  } else {
    raft.emit({ kind: "readReady", token: read.token, readIndex: response.readIndex });
  }
}

/** The question or its answer got lost: the caller asks again. */
export function expireForwardedReads(raft: Raft, follower: Follower): void {
  for (const [requestId, read] of follower.reads) {
    if (raft.now - read.sentTick <= raft.config.electionTicksMin) continue;
    follower.reads.delete(requestId);
    raft.refuse(read.token, "interrupted", "the leader did not answer in time");
  }
}
