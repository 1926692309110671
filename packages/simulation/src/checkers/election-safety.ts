import { assert, type NodeId, type NodeRole, type Term } from "@aspenjs/api";
import type { Message } from "@aspenjs/raft";
import type { ClusterObserver, NodeStart } from "../cluster/cluster-observer.ts";

/**
 * At most one leader in a term (Raft, figure 3), and what makes it so: a node gives one vote in a term, and remembers
 * terms and votes that it has acted on.
 */
export class ElectionSafety implements ClusterObserver {
  readonly name = "election-safety";
  readonly #leaders = new Map<Term, NodeId>();
  readonly #votes = new Map<string, NodeId>();
  /** The latest term in which a node was heard to say anything. */
  readonly #spokenTerms = new Map<NodeId, Term>();
  leaderCount = 0;

  onRole(nodeId: NodeId, role: NodeRole, term: Term): void {
    if (role !== "leader") return;
    const leader = this.#leaders.get(term) ?? nodeId;
    assert(leader === nodeId, `nodes ${leader} and ${nodeId} both lead in term ${term}`);
    if (!this.#leaders.has(term)) this.leaderCount += 1;
    this.#leaders.set(term, nodeId);
  }

  onMessage(nodeId: NodeId, to: NodeId, message: Message): void {
    if (message.kind !== "preVoteRequest") {
      this.#spokenTerms.set(nodeId, Math.max(message.term, this.#spokenTerms.get(nodeId) ?? 0));
    }
    if (message.kind === "voteRequest") this.#noteVote(nodeId, message.term, nodeId);
    if (message.kind === "voteResponse" && message.isGranted) this.#noteVote(nodeId, message.term, to);
  }

  onStarted(nodeId: NodeId, { hardState }: NodeStart): void {
    const spoken = this.#spokenTerms.get(nodeId) ?? 0;
    assert(hardState.term >= spoken, `node ${nodeId} spoke in term ${spoken} and wakes up in ${hardState.term}`);
    const vote = this.#votes.get(`${nodeId} ${hardState.term}`);
    assert(
      vote === undefined || hardState.vote === vote,
      `node ${nodeId} voted for ${String(vote)} in term ${hardState.term} and wakes up with ${String(hardState.vote)}`,
    );
  }

  #noteVote(voter: NodeId, term: Term, candidate: NodeId): void {
    const key = `${voter} ${term}`;
    const before = this.#votes.get(key) ?? candidate;
    assert(before === candidate, `node ${voter} votes for ${before} and for ${candidate} in term ${term}`);
    this.#votes.set(key, candidate);
  }
}
