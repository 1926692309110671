import { compareLogIds, compareNodeIds, memberIds, type LogId, type NodeId } from "@aspenjs/api";
import { advanceCommit } from "./commit.ts";
import { askAgainSoon, drawPreVoteTicks, knownAnswers } from "./failover.ts";
import { followMembership } from "./membership-change.ts";
import type { PreVoteRequest, PreVoteResponse, VoteRequest, VoteResponse } from "./message.ts";
import { createProgress } from "./progress.ts";
import { ballotOutcome } from "./quorum.ts";
import type { Raft } from "./raft.ts";
import { openRound } from "./read-index.ts";
import type { Candidate, Leader, PreCandidate } from "./role.ts";
import { becomeFollower, handBack } from "./stepping-down.ts";

/**
 * Asks around before disturbing anyone (section 9.6): the term stays as it is, so a node that comes back from
 * isolation deposes nobody. Timeouts are drawn anew at each campaign, so that rivals do not stay in step.
 */
export function startPreVote(raft: Raft): void {
  if (!raft.isPromotable()) return postpone(raft);
  const before = raft.role;
  raft.campaigns += 1;
  const role: PreCandidate = {
    kind: "preCandidate",
    campaign: raft.campaigns,
    answers: new Map([...knownAnswers(raft), [raft.nodeId, true]]),
    electionTick: raft.now + drawPreVoteTicks(raft),
  };
  raft.role = role;
  handBack(raft, before);
  raft.emit({ kind: "roleChanged", role: "preCandidate", term: raft.term, leader: undefined });
  for (const to of otherVoters(raft)) {
    raft.reply(to, { kind: "preVoteRequest", term: raft.term, campaign: role.campaign, last: raft.log.last });
  }
  decidePreVote(raft, role);
}

/** The next term, this node's vote in it, and a request to everyone else once that vote is durable (R1). */
export function startElection(raft: Raft, isTransfer: boolean): void {
  if (!raft.isPromotable()) return postpone(raft);
  const before = raft.role;
  raft.setHardState(raft.term + 1, raft.nodeId);
  const role: Candidate = {
    kind: "candidate",
    isTransfer,
    answers: new Map(knownAnswers(raft)),
    electionTick: raft.now + raft.drawElectionTicks(),
    voteSequence: raft.writes.hardStateSequenceToAwait(),
  };
  raft.role = role;
  handBack(raft, before);
  raft.emit({ kind: "roleChanged", role: "candidate", term: raft.term, leader: undefined });
  for (const to of otherVoters(raft)) {
    raft.reply(to, { kind: "voteRequest", term: raft.term, last: raft.log.last, isTransfer });
  }
}

/** This node's own vote is durable: now it counts. */
export function countOwnVote(raft: Raft, candidate: Candidate, sequence: number): void {
  if (sequence < candidate.voteSequence || candidate.answers.has(raft.nodeId)) return;
  candidate.answers.set(raft.nodeId, true);
  decideVote(raft, candidate);
}

export function onPreVoteResponse(raft: Raft, role: PreCandidate, from: NodeId, response: PreVoteResponse): void {
  if (response.campaign !== role.campaign) return;
  role.answers.set(from, response.isGranted);
  decidePreVote(raft, role);
}

export function onVoteResponse(raft: Raft, role: Candidate, from: NodeId, response: VoteResponse): void {
  role.answers.set(from, response.isGranted);
  decideVote(raft, role);
}

/** Would this node vote for the sender in the next term? Nothing changes but the answer. */
export function answerPreVote(raft: Raft, from: NodeId, request: PreVoteRequest): void {
  const isGranted = request.term >= raft.term && !trustsLeader(raft) && isUpToDate(raft, request.last);
  // The present term goes along: a candidate behind learns it from a refusal (catalogue 8).
  raft.reply(from, { kind: "preVoteResponse", term: raft.term, campaign: request.campaign, isGranted });
}

/**
 * The request is of this node's own term. Trust counts here too: the term may have become known by another message,
 * without the question that `receive` asks before it takes a term over.
 */
export function answerVote(raft: Raft, from: NodeId, request: VoteRequest): void {
  const isFree = raft.vote === undefined || raft.vote === from;
  const isLeaderless = raft.role.kind === "follower" && raft.role.leader === undefined;
  const isWelcome = request.isTransfer || !trustsLeader(raft);
  const isGranted = isFree && isLeaderless && isWelcome && isUpToDate(raft, request.last);
  if (isGranted) {
    raft.setHardState(raft.term, from);
    if (raft.role.kind === "follower") raft.role.electionTick = raft.now + raft.role.electionTicks;
  }
  raft.reply(from, { kind: "voteResponse", term: raft.term, isGranted });
}

/**
 * Whether a leader was heard so recently that an election would only disturb (section 4.2.3). A leader trusts itself
 * while a quorum answers it.
 */
export function trustsLeader(raft: Raft): boolean {
  return raft.role.kind === "leader" || raft.now - raft.contactTick < raft.config.electionTicksMin;
}

function decidePreVote(raft: Raft, role: PreCandidate): void {
  switch (ballotOutcome(raft.membership, role.answers)) {
    case "won":
      return startElection(raft, false);
    case "lost":
      askAgainSoon(raft, becomeFollower(raft, raft.term, undefined));
      return;
    case "open":
      return;
  }
}

function decideVote(raft: Raft, role: Candidate): void {
  switch (ballotOutcome(raft.membership, role.answers)) {
    case "won":
      return becomeLeader(raft);
    case "lost":
      askAgainSoon(raft, becomeFollower(raft, raft.term, undefined));
      return;
    case "open":
      return;
  }
}

/** The first entry of the term goes out at once: it announces the leader and commits what came before (R4). */
function becomeLeader(raft: Raft): void {
  const next = raft.log.last.index + 1;
  const leader: Leader = {
    kind: "leader",
    progress: new Map(),
    termStart: next,
    electedTick: raft.now,
    sequence: 0,
    heartbeatTick: raft.now + raft.config.heartbeatTicks,
    round: 0,
    roundTicks: [],
    reads: [],
    leaseTick: Number.NEGATIVE_INFINITY,
    isLeaseForfeited: false,
    transfer: undefined,
  };
  for (const nodeId of memberIds(raft.membership)) {
    if (nodeId !== raft.nodeId) leader.progress.set(nodeId, createProgress(next, raft.now, 0));
  }
  raft.role = leader;
  raft.failover = undefined;
  raft.emit({ kind: "roleChanged", role: "leader", term: raft.term, leader: raft.nodeId });
  raft.append({ kind: "blank" });
  followMembership(raft, leader);
  openRound(raft, leader);
  advanceCommit(raft, leader);
}

function postpone(raft: Raft): void {
  if (raft.role.kind === "follower") raft.role.electionTick = raft.now + raft.drawElectionTicks();
  else becomeFollower(raft, raft.term, undefined);
}

/** The later last term wins, then the longer log (section 3.6.1): who lacks a committed entry is not elected. */
function isUpToDate(raft: Raft, last: LogId): boolean {
  return compareLogIds(last, raft.log.last) >= 0;
}

function otherVoters(raft: Raft): readonly NodeId[] {
  const { voters, outgoingVoters } = raft.membership;
  return [...new Set([...voters, ...outgoingVoters])].filter((nodeId) => nodeId !== raft.nodeId).sort(compareNodeIds);
}
