import { membershipProblem, type Membership } from "@aspenjs/api";
import { startPreVote } from "./campaign.ts";
import type { Token } from "./event.ts";
import type { Raft } from "./raft.ts";

/**
 * Writes the first entry of a new cluster, at index 1 and term 0, before any election. Every node that is given the
 * same membership writes the same entry, so that doing this on several of them is harmless.
 */
export function bootstrap(raft: Raft, token: Token, membership: Membership): void {
  if (raft.log.last.index > 0 || raft.term > 0) {
    return raft.refuse(token, "already_initialized", "this node has a history");
  }
  const problem = membershipProblem(membership);
  if (problem !== undefined) return raft.refuse(token, "invalid_membership", problem);
  if (!membership.voters.includes(raft.nodeId)) {
    return raft.refuse(token, "not_a_voter", "the first membership must have this node as a voter");
  }
  const logId = raft.append({ kind: "membership", membership });
  raft.emit({ kind: "proposed", token, logId });
  startPreVote(raft);
}
