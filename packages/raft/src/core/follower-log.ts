import {
  assert,
  isSameLogId,
  type LogId,
  type LogIndex,
  type NodeId,
  type StoredMembership,
  type Term,
} from "@aspenjs/api";
import { commitTo } from "./commit.ts";
import type { Token } from "./event.ts";
import type { AppendRequest, HeartbeatRequest } from "./message.ts";
import type { Raft } from "./raft.ts";
import { followLeader } from "./stepping-down.ts";

/** A leader of this term sends entries. The answer leaves when everything it claims is durable (R2, R10). */
export function acceptAppend(raft: Raft, from: NodeId, request: AppendRequest): void {
  followLeader(raft, from);
  const { previous, entries } = request;
  const answer = { kind: "appendResponse", term: raft.term, sequence: request.sequence, round: request.round } as const;
  if (previous.index < raft.committed) {
    // Late or from a leader that does not know yet: what is committed here is in every leader's log.
    raft.replyWhenDurable(from, { ...answer, outcome: { kind: "matched", index: raft.committed } });
    return;
  }
  if (!raft.log.has(previous)) {
    const hint = raft.log.lastPossibleMatch(previous);
    raft.reply(from, { ...answer, outcome: { kind: "conflict", previousIndex: previous.index, hint } });
    return;
  }
  for (const entry of entries) {
    const term = raft.log.termAt(entry.index);
    if (term === entry.term) continue;
    // Only a real conflict truncates: an old append that says less than the log holds must not (catalogue 21).
    if (term !== undefined) raft.truncate(entry.index);
    raft.noteAppended(raft.log.appendEntry(entry), entry.payload);
  }
  const matched = previous.index + entries.length;
  commitTo(raft, Math.min(request.committed, matched));
  raft.replyWhenDurable(from, { ...answer, outcome: { kind: "matched", index: matched } });
}

/** Authority and a commit index this node is known to hold; the answer waits for no entry. */
export function acceptHeartbeat(raft: Raft, from: NodeId, request: HeartbeatRequest): void {
  followLeader(raft, from);
  if (request.committed > raft.log.last.index) {
    // The leader commits here only what this node acknowledged as durable (catalogue 24).
    raft.halt({
      code: "corrupt",
      message: `this node acknowledged log entries up to ${request.committed} and holds only ${raft.log.last.index}`,
    });
    return;
  }
  commitTo(raft, request.committed);
  raft.reply(from, { kind: "heartbeatResponse", term: raft.term, round: request.round });
}

/** A leader offers a snapshot because this node's entries are no longer in its log. */
export function decideSnapshot(raft: Raft, from: NodeId, token: Token, term: Term, lastIncluded: LogId): void {
  const isLegitimate = term === raft.term && raft.role.kind !== "leader";
  if (isLegitimate) followLeader(raft, from);
  const isWanted = isLegitimate && lastIncluded.index > raft.committed;
  const matched = Math.min(raft.committed, raft.durable);
  raft.emit({ kind: "decideSnapshot", token, term: raft.term, isWanted, matched });
}

/**
 * The state machine's state is the snapshot's now. If the log holds the snapshot's last entry, what follows it stays
 * (dissertation section 5.1); else the log contradicts what is committed and goes as a whole (catalogue 26).
 */
export function adoptSnapshot(raft: Raft, lastIncluded: LogId, membership: StoredMembership): void {
  if (lastIncluded.index <= raft.applied) return;
  const isWhole = !raft.log.has(lastIncluded);
  if (isWhole) {
    assert(raft.committed < lastIncluded.index, "a snapshot never contradicts what is committed (R3)");
    raft.writes.reset(lastIncluded);
  }
  // Whatever of it the disk still lacks, the snapshot holds.
  raft.durable = isWhole ? lastIncluded.index : Math.max(raft.durable, lastIncluded.index);
  const before = raft.memberships.effective;
  const committedBefore = raft.memberships.at(raft.committed);
  raft.memberships.restore(membership, lastIncluded, isWhole);
  const { effective } = raft.memberships;
  if (!isSameLogId(before.logId, effective.logId)) raft.emit({ kind: "membershipChanged", membership: effective });
  if (membership.logId.index > committedBefore.logId.index) raft.emit({ kind: "membershipCommitted", membership });
  raft.committed = Math.max(raft.committed, lastIncluded.index);
  raft.writes.noteCommitted(raft.committed);
  raft.applied = lastIncluded.index;
  raft.applying = Math.max(raft.applying, lastIncluded.index);
  raft.stateDurable = lastIncluded.index;
}

/** Drops the log that the durable state covers, but for a margin and for what travelling snapshots need. */
export function compact(raft: Raft, through: LogIndex): void {
  // The state machine may know of a batch whose application was not reported yet.
  raft.stateDurable = Math.max(raft.stateDurable, Math.min(through, raft.applied));
  const pins: LogIndex[] = [];
  if (raft.role.kind === "leader") {
    for (const progress of raft.role.progress.values()) {
      if (progress.flow.kind === "snapshot") pins.push(progress.flow.lastIncluded ?? raft.log.purged.index);
    }
  }
  const target = Math.min(raft.stateDurable - raft.config.retainedEntriesMin, ...pins);
  if (target > raft.log.purged.index) raft.writes.purge(target);
}
