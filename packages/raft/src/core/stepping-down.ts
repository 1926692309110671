import type { NodeId, Term } from "@aspenjs/api";
import type { Raft } from "./raft.ts";
import type { Follower, Role } from "./role.ts";

/**
 * Becomes a follower of `term`, with or without a known leader. Whatever the old role owned ends here: reads that
 * waited are handed back, a transfer is over, and a leader that steps down falls silent at once (R11).
 */
export function becomeFollower(raft: Raft, term: Term, leader: NodeId | undefined): Follower {
  if (term > raft.term) raft.setHardState(term, undefined);
  const before = raft.role;
  const electionTicks = raft.drawElectionTicks();
  const follower: Follower = {
    kind: "follower",
    leader,
    electionTicks,
    electionTick: raft.now + electionTicks,
    reads: new Map(),
  };
  raft.role = follower;
  handBack(raft, before);
  raft.emit({ kind: "roleChanged", role: "follower", term: raft.term, leader });
  return follower;
}

/** Ends what callers of the old role still wait for. */
export function handBack(raft: Raft, role: Role): void {
  switch (role.kind) {
    case "leader":
      for (const read of role.reads) {
        if (read.origin.kind === "local") {
          raft.refuse(read.origin.token, "interrupted", "the leader stepped down");
        } else {
          raft.reply(read.origin.from, {
            kind: "readIndexResponse",
            term: raft.term,
            requestId: read.origin.requestId,
            readIndex: undefined,
          });
        }
      }
      return;
    case "follower":
      for (const read of role.reads.values()) raft.refuse(read.token, "interrupted", "the leader changed");
      return;
    case "preCandidate":
    case "candidate":
      return;
  }
}

/** A message of a legitimate leader of this term arrived: follow it. */
export function followLeader(raft: Raft, leader: NodeId): Follower {
  const role = raft.role;
  const follower = role.kind === "follower" && role.leader === leader ? role : becomeFollower(raft, raft.term, leader);
  raft.contactTick = raft.now;
  raft.failover = undefined;
  follower.electionTick = raft.now + follower.electionTicks;
  return follower;
}
