import { assert, type NodeId } from "@aspenjs/api";
import { advanceCommit } from "./commit.ts";
import { releaseDeparted } from "./membership-change.ts";
import type { AppendResponse } from "./message.ts";
import { advanceMatch, canSend, recordSent, startProbe, type Progress } from "./progress.ts";
import type { Raft } from "./raft.ts";
import type { Leader } from "./role.ts";
import { confirmRound } from "./read-index.ts";
import { continueTransfer } from "./transfer.ts";

/** Sends every follower what it lacks, as far as its pipeline has room. Runs once at the end of each step. */
export function replicate(raft: Raft, leader: Leader): void {
  for (const [nodeId, progress] of leader.progress) replicateTo(raft, leader, nodeId, progress);
}

function replicateTo(raft: Raft, leader: Leader, nodeId: NodeId, progress: Progress): void {
  while (canSend(progress, raft.config.inflightMessagesMax)) {
    const hasNews = progress.nextIndex <= raft.log.last.index;
    if (!hasNews && progress.flow.kind === "replicate") return;
    if (!hasNews && progress.matchIndex === raft.log.last.index) return;
    const isUnderWay = sendAppend(raft, leader, nodeId, progress);
    if (!isUnderWay) return;
  }
}

/** @returns whether an append left; otherwise the follower needs a snapshot, or the log cannot be read */
function sendAppend(raft: Raft, leader: Leader, nodeId: NodeId, progress: Progress): boolean {
  const previousIndex = progress.nextIndex - 1;
  const previousTerm = raft.log.termAt(previousIndex);
  if (previousTerm === undefined) {
    askForSnapshot(raft, nodeId, progress);
    return false;
  }
  const outcome = raft.log.entriesBehind(previousIndex, raft.config.messageEntriesMax, raft.config.messageBytesMax);
  switch (outcome.kind) {
    case "fault":
      raft.halt(outcome.fault);
      return false;
    case "purged":
      askForSnapshot(raft, nodeId, progress);
      return false;
    case "entries":
      break;
  }
  leader.sequence += 1;
  recordSent(progress, leader.sequence, previousIndex + outcome.entries.length, raft.now);
  progress.committedSent = raft.committed;
  raft.send(nodeId, {
    kind: "appendRequest",
    term: raft.term,
    sequence: progress.sequence,
    previous: { term: previousTerm, index: previousIndex },
    entries: outcome.entries,
    committed: raft.committed,
    round: leader.round,
  });
  return true;
}

function askForSnapshot(raft: Raft, nodeId: NodeId, progress: Progress): void {
  progress.flow = { kind: "snapshot", lastIncluded: undefined };
  raft.emit({ kind: "sendSnapshot", to: nodeId, term: raft.term });
}

/** A follower answered an append. Answers may come late, twice and out of order. */
export function onAppendResponse(raft: Raft, leader: Leader, from: NodeId, response: AppendResponse): void {
  const progress = leader.progress.get(from);
  if (progress === undefined || response.sequence <= progress.sinceSequence) return;
  progress.contactTick = raft.now;
  confirmRound(raft, leader, progress, response.round);
  switch (response.outcome.kind) {
    case "matched":
      onMatched(raft, leader, progress, response.sequence, response.outcome.index);
      return;
    case "conflict":
      onConflict(raft, from, progress, response.sequence, response.outcome);
      return;
  }
}

function onMatched(raft: Raft, leader: Leader, progress: Progress, sequence: number, index: number): void {
  assert(index <= raft.log.last.index, "a follower matches what this leader has (R9)");
  progress.answeredSequence = Math.max(progress.answeredSequence, sequence);
  if (!advanceMatch(progress, index, raft.now)) return;
  advanceCommit(raft, leader);
  releaseDeparted(raft, leader);
  if (raft.role === leader) continueTransfer(raft, leader);
}

function onConflict(
  raft: Raft,
  from: NodeId,
  progress: Progress,
  sequence: number,
  conflict: Extract<AppendResponse["outcome"], { readonly kind: "conflict" }>,
): void {
  // A refusal older than the latest answer, or about entries confirmed since, says nothing any more (R9).
  if (sequence <= progress.answeredSequence) return;
  progress.answeredSequence = sequence;
  if (conflict.previousIndex < progress.matchIndex) return;
  if (conflict.previousIndex === progress.matchIndex) {
    if (progress.matchIndex === 0 || sequence <= progress.matchSequence) {
      // It left before the confirmation came: it proves nothing but that its append was not taken.
      if (progress.flow.kind === "replicate") startProbe(progress, raft.now, false);
      return;
    }
    progress.flow = { kind: "lost" };
    raft.emit({ kind: "peerLostData", nodeId: from, acknowledged: progress.matchIndex });
    return;
  }
  switch (progress.flow.kind) {
    case "replicate":
      startProbe(progress, raft.now, false);
      return;
    case "probe": {
      if (conflict.previousIndex !== progress.nextIndex - 1) return;
      const candidate = raft.log.lastPossibleMatch(conflict.hint).index;
      progress.nextIndex = Math.max(Math.min(candidate, conflict.previousIndex - 1), progress.matchIndex) + 1;
      progress.flow.isWaiting = false;
      return;
    }
    case "snapshot":
    case "lost":
      return;
  }
}

/** A follower is alive but its pipeline may have lost something: start again from what it confirmed (catalogue 23). */
export function nudge(raft: Raft, progress: Progress): void {
  switch (progress.flow.kind) {
    case "probe":
      progress.flow.isWaiting = false;
      return;
    case "replicate":
      if (progress.flow.inflight.length === 0) return;
      if (raft.now - progress.advanceTick > raft.config.electionTicksMin) startProbe(progress, raft.now, false);
      return;
    case "snapshot":
    case "lost":
      return;
  }
}
