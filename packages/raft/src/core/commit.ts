import { assert, isJoint, isVoter, type LogIndex } from "@aspenjs/api";
import { leaveJoint, releaseDeparted } from "./membership-change.ts";
import { quorumValue } from "./quorum.ts";
import type { Raft } from "./raft.ts";
import type { Leader } from "./role.ts";
import { handOverBeforeLeaving } from "./transfer.ts";

/**
 * Commits what a quorum holds durably, if it is of this term: an entry of an earlier term is never committed by
 * counting, only by a later one of this term (section 5.4.2 of the paper, figure 8; R4). The leader counts itself only
 * for what is durable here, and only while it is a voter.
 */
export function advanceCommit(raft: Raft, leader: Leader): void {
  // Leaving a joint membership changes what a quorum is, so that more may be committed at once.
  while (raft.role === leader) {
    const index = quorumMatchIndex(raft, leader);
    if (index <= raft.committed || raft.log.termAt(index) !== raft.term) return;
    commitTo(raft, index);
    afterLeaderCommit(raft, leader);
  }
}

export function quorumMatchIndex(raft: Raft, leader: Leader): LogIndex {
  return quorumValue(raft.membership, (nodeId) => {
    if (nodeId === raft.nodeId) return raft.durable;
    const progress = leader.progress.get(nodeId);
    return progress === undefined || progress.flow.kind === "lost" ? 0 : progress.matchIndex;
  });
}

/** On any role: everything up to `index` is committed. */
export function commitTo(raft: Raft, index: LogIndex): void {
  if (index <= raft.committed) return;
  assert(index <= raft.log.last.index, "only what is in the log is committed (R2)");
  const before = raft.committed;
  raft.committed = index;
  raft.writes.noteCommitted(index);
  const stored = raft.memberships.at(index);
  if (stored.logId.index > before) raft.emit({ kind: "membershipCommitted", membership: stored });
  raft.memberships.commit(index);
}

/** What a leader does when something of its term has just been committed. */
function afterLeaderCommit(raft: Raft, leader: Leader): void {
  releaseDeparted(raft, leader);
  const effective = raft.memberships.effective;
  if (effective.logId.index > raft.committed) return;
  if (isJoint(effective.membership)) {
    leaveJoint(raft, leader);
    return;
  }
  // A leader that is no voter any more has done its last duty by committing that (section 4.2.2).
  if (!isVoter(effective.membership, raft.nodeId)) handOverBeforeLeaving(raft, leader);
}
