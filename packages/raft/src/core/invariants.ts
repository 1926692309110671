import { assert, isJoint, isMember } from "@aspenjs/api";
import { quorumMatchIndex } from "./commit.ts";
import type { Raft } from "./raft.ts";
import type { Leader } from "./role.ts";

/**
 * The local invariants of SPEC.md, checked after every step, in production too. They cost a few comparisons; what they
 * guard is everybody's data. The global ones (one leader per term, equal logs) are the simulation's to check.
 */
export function assertRaft(raft: Raft): void {
  const { log } = raft;
  assert(log.purged.index <= raft.applied, "purged <= applied (R5)");
  assert(raft.applied <= raft.applying, "applied <= applying (R5)");
  assert(raft.applying <= raft.committed, "applying <= committed (R5)");
  assert(raft.applying <= raft.durable, "applying <= durable (R5)");
  assert(raft.committed <= log.last.index, "committed <= last (R2)");
  assert(raft.durable <= log.last.index, "durable <= last (R10)");
  assert(log.purged.index <= raft.stateDurable, "purged <= durable state (R5)");
  assert(raft.stateDurable <= raft.applied, "durable state <= applied (R5)");
  assert(log.last.term <= raft.term, "no entry is of a term that has not come (R1)");
  if (raft.role.kind === "leader") assertLeader(raft, raft.role);
  if (raft.role.kind === "candidate") assert(raft.vote === raft.nodeId, "a candidate voted for itself (R1)");
}

function assertLeader(raft: Raft, leader: Leader): void {
  assert(raft.vote === raft.nodeId, "a leader voted for itself (R1)");
  const isStartKnown = leader.termStart > raft.log.purged.index;
  if (isStartKnown) {
    assert(raft.log.termAt(leader.termStart) === raft.term, "a leader's first entry is of its term (R4)");
  }
  const quorum = quorumMatchIndex(raft, leader);
  const isCommittable = quorum > raft.committed && raft.log.termAt(quorum) === raft.term;
  assert(!isCommittable, "what a quorum holds in this term is committed (R4)");
  const { membership } = raft.memberships.effective;
  // What this leader does not know to be committed may have been committed before it was elected: a power cut can take
  // that knowledge, and two changes may then lie behind. It starts no third before it has committed something (R8).
  const isOneChange = raft.committed < leader.termStart || raft.memberships.uncommittedCount(raft.committed) <= 1;
  assert(isOneChange, "at most one membership is uncommitted (R7)");
  if (isJoint(membership)) assert(leader.termStart > 0, "a joint membership has a leader to end it (R7)");
  for (const [nodeId, progress] of leader.progress) {
    assert(nodeId !== raft.nodeId, "a leader does not follow itself (R9)");
    assert(progress.matchIndex <= raft.log.last.index, "match <= last (R9)");
    assert(progress.matchIndex < progress.nextIndex, "match < next (R9)");
    assert(isMember(membership, nodeId) || progress.departsAt !== undefined, "progress is for members (R7)");
    if (progress.flow.kind !== "replicate") continue;
    assert(progress.flow.inflight.length <= raft.config.inflightMessagesMax, "pipelines are bounded (R12)");
  }
  for (const read of leader.reads) {
    assert(read.readIndex === undefined || read.readIndex >= leader.termStart, "reads cover the term's start (R6)");
  }
}
