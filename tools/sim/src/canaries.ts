import type { Canary } from "@aspenjs/canary";

/** A bug that a simulation must find, and the checkers that are known to notice it. */
export interface SimulationCanary extends Canary {
  /** What goes wrong in a cluster with this bug. */
  readonly why: string;
}

const CORE = "packages/raft/src/core";
const SHELL = "packages/raft/src/node";
const MACHINE = "packages/state-machine/src";

export const CANARIES: readonly SimulationCanary[] = [
  {
    name: "vote-not-persisted",
    why: "a node that restarts votes a second time in a term",
    file: `${CORE}/raft.ts`,
    find: "this.writes.setHardState(this.#hardState);",
    replace: "this.writes.setHardState({ term, vote: undefined });",
  },
  {
    name: "vote-sent-before-durable",
    why: "a vote leaves before it is on the disk",
    file: `${CORE}/write-queue.ts`,
    find: "if (this.#hardState !== undefined) return this.#sequence + 1;\n    return this.#hardStateSequence",
    replace: "if (this.#hardState !== undefined) return 0;\n    return this.#hardStateSequence",
  },
  {
    name: "vote-for-shorter-log",
    why: "a node without committed entries is elected",
    file: `${CORE}/campaign.ts`,
    find: "return compareLogIds(last, raft.log.last) >= 0;",
    replace: "return last.index >= 0;",
  },
  {
    name: "two-votes-per-term",
    why: "a voter forgets whom it voted for",
    file: `${CORE}/campaign.ts`,
    find: "const isFree = raft.vote === undefined || raft.vote === from;",
    replace: "const isFree = true;",
  },
  {
    name: "old-term-committed-by-counting",
    why: "an entry of an earlier term counts as committed when a majority holds it (figure 8)",
    file: `${CORE}/commit.ts`,
    find: "if (index <= raft.committed || raft.log.termAt(index) !== raft.term) return;",
    replace: "if (index <= raft.committed) return;",
  },
  {
    name: "quorum-too-small",
    why: "one voter less than a majority commits",
    file: `${CORE}/quorum.ts`,
    find: "return values[majorityOf(voters.length) - 1] ??",
    replace: "return values[Math.max(0, majorityOf(voters.length) - 2)] ??",
  },
  {
    name: "unsynced-append-acknowledged",
    why: "a follower confirms entries that a power cut takes away",
    file: `${CORE}/write-queue.ts`,
    find: "if (this.#isDirty()) return this.#sequence + 1;",
    replace: "if (this.#isDirty()) return 0;",
  },
  {
    name: "conflict-not-truncated",
    why: "a follower keeps its own entry where the leader has another one",
    file: `${CORE}/follower-log.ts`,
    find: "if (term === entry.term) continue;",
    replace: "if (term !== undefined) continue;",
  },
  {
    name: "previous-entry-not-checked",
    why: "a follower takes entries behind a gap or a conflict",
    file: `${CORE}/follower-log.ts`,
    find: "if (!raft.log.has(previous)) {",
    replace: "if (previous.index > raft.log.last.index) {",
  },
  {
    name: "read-before-first-commit",
    why: "a new leader reads before it knows what is committed",
    file: `${CORE}/read-index.ts`,
    find: "  if (raft.committed < leader.termStart) return;\n",
    replace: "",
  },
  {
    name: "read-without-round",
    why: "a leader that was deposed answers reads",
    file: `${CORE}/read-index.ts`,
    find: 'if (mode === "lease" && isReadable && holdsLease(raft, leader)) {',
    replace: "if (isReadable) {",
  },
  {
    name: "read-not-awaited",
    why: "a read does not wait until its index is applied",
    file: `${SHELL}/read-table.ts`,
    find: "const due = this.#ready.filter((ready) => ready.readIndex <= applied);",
    replace: "const due = this.#ready.filter((ready) => ready.readIndex >= 0);",
  },
  {
    name: "lease-ignores-drift",
    why: "a lease lasts longer than voters with faster clocks wait",
    file: `${CORE}/read-index.ts`,
    find: "return raft.now < leader.leaseTick + electionTicksMin - lease.driftTicks;",
    replace: "return raft.now < leader.leaseTick + electionTicksMin;",
  },
  {
    name: "membership-from-committed",
    why: "a membership counts only once it is committed",
    file: `${CORE}/raft.ts`,
    find: "return this.memberships.effective.membership;",
    replace: "return this.memberships.at(this.committed).membership;",
  },
  {
    name: "joint-phase-skipped",
    why: "voters change without both halves agreeing",
    file: `${CORE}/membership-change.ts`,
    find: "const outgoingVoters = isSameVoters ? [] : present.voters;",
    replace: "const outgoingVoters = isSameVoters ? [] : present.voters.slice(0, 0);",
  },
  {
    name: "snapshot-forgets-sessions",
    why: "a retry after a snapshot takes effect again",
    file: `${MACHINE}/canonical-state.ts`,
    find: 'else if (kind === SESSION) sessions.push(decodeSession(reader.bytes("session", ROW_BYTES_MAX)));',
    replace: 'else if (kind === SESSION) decodeSession(reader.bytes("session", ROW_BYTES_MAX));',
  },
  {
    name: "snapshot-forgets-membership",
    why: "a node that was brought up to date by a snapshot counts with an old membership",
    file: `${CORE}/follower-log.ts`,
    find: "raft.memberships.restore(membership, lastIncluded, isWhole);",
    replace: "raft.memberships.restore(before, lastIncluded, isWhole);",
  },
  {
    name: "retry-applied-again",
    why: "a write that was tried twice takes effect twice",
    file: `${MACHINE}/session-table.ts`,
    find: "const first = session.results.get(reference.sequence);",
    replace: "const first = session.results.get(-reference.sequence);",
  },
  {
    name: "state-depends-on-replica",
    why: "what a command does depends on when the replica was started",
    file: `${MACHINE}/replicated-state.ts`,
    find: "this.#revision = saved.revision;",
    replace: "this.#revision = saved.revision + (saved.sessions.length > 3 ? 1 : 0);",
  },
  {
    name: "version-forgotten-in-snapshot",
    why: "a replica that comes from a snapshot has another state than the rest",
    file: `${MACHINE}/canonical-state.ts`,
    find: "  row.end();\n  return entry;",
    replace: "  row.end();\n  return { ...entry, version: 1 };",
  },
  {
    name: "stale-read-labelled-linearizable",
    why: "an answer claims more than it holds",
    file: "packages/cluster/src/request-router.ts",
    find: "      consistency,\n      appliedIndex:",
    replace: '      consistency: "linearizable",\n      appliedIndex:',
  },
  {
    name: "purged-beyond-durable-state",
    why: "the log goes before the state that covers it is on the disk",
    file: `${CORE}/follower-log.ts`,
    find: "raft.stateDurable = Math.max(raft.stateDurable, Math.min(through, raft.applied));",
    replace: "raft.stateDurable = raft.applied;",
  },
  {
    name: "unknown-outcome-called-refused",
    why: "a client says that a write was not applied, and it was",
    file: "packages/client/src/pending-call.ts",
    find: 'return this.policy.mayHaveTakenEffect ? "unknown" : "not_applied";',
    replace: 'return this.policy.mayHaveTakenEffect ? "not_applied" : "not_applied";',
  },
  {
    name: "snapshot-never-tried-again",
    why: "a follower whose snapshot got lost stays behind for ever",
    file: `${SHELL}/snapshot-sender.ts`,
    find: "    this.#deps.clock.setTimer(limits.snapshotRetryMs, () => {\n",
    replace: "    this.#deps.clock.setTimer(limits.snapshotRetryMs * 1e6, () => {\n",
  },
  {
    name: "redial-never",
    why: "nodes that lost each other never meet again",
    file: "packages/transport/src/peer-supervisor.ts",
    find: "    this.#pursue(peer, this.#headStartMs(peerId) + this.#backOffMs(peer.failures));",
    replace: "    this.#pursue(peer, 1e9);",
  },
  {
    name: "deposed-leader-keeps-followers",
    why: "a leader without a quorum goes on as if it had one",
    file: `${CORE}/ticking.ts`,
    find: "if (raft.now - quorumContactTick(raft, leader) > raft.config.electionTicksMax || raft.isWriteStalled()) {",
    replace: "if (raft.isWriteStalled()) {",
  },
  {
    name: "learner-counts",
    why: "a node that does not vote helps to commit",
    file: `${CORE}/commit.ts`,
    find: "return quorumValue(raft.membership, (nodeId) => {",
    replace:
      "return quorumValue({ ...raft.membership, voters: [...raft.membership.voters, ...raft.membership.learners] }, (nodeId) => {",
  },
  {
    name: "queue-without-bound",
    why: "what waits for a peer that does not read grows for ever",
    file: "packages/transport/src/outgoing-queue.ts",
    find: "return !this.#isClosed && this.queuedBytes + byteLength <= this.#limits.outgoingBytesMax;",
    replace: "return !this.#isClosed;",
  },
  {
    name: "scan-leaves-one-out",
    why: "a scan of several keys ends before the last one, and does not say so",
    file: `${MACHINE}/scan-page.ts`,
    find: "  return { entries, count: entries.length, isTruncated: false };",
    replace: "  return { entries: entries.slice(0, 3), count: entries.length, isTruncated: false };",
  },
  {
    name: "wiped-node-taken-back",
    why: "a node whose disks are empty takes part as if it had never promised anything",
    file: "packages/log-store/src/open-log-store.ts",
    find: "if (identity.mustExist === true) {",
    replace: "if (identity.mustExist === undefined) {",
  },
];
