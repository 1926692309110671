import { LOG_ID_ZERO, type LatencySummary, type LogId, type NodeMetrics, type NodeRole } from "@aspenjs/api";
import type { RaftView } from "../core/view.ts";

export interface NodeMeasures {
  readonly view: RaftView;
  readonly tickMs: number;
  /** Ticks that have passed since the view's last one: a core is told of time only when it matters. */
  readonly untoldTicks: number;
  readonly snapshot: LogId | undefined;
  readonly proposalsInFlight: number;
  readonly readsWaiting: number;
  readonly applyLatency: LatencySummary;
  readonly logWriteLatency: LatencySummary;
}

/** Puts the core's view and the shell's measures into the words of the public contract. */
export function describeNode(measures: NodeMeasures): NodeMetrics {
  const { view, tickMs, untoldTicks } = measures;
  const { leading } = view;
  return {
    nodeId: view.nodeId,
    role: roleOf(view),
    term: view.hardState.term,
    vote: view.hardState.vote,
    leader: view.leader,
    lastLogId: view.last,
    committedIndex: view.committed,
    appliedIndex: view.applied,
    snapshotLogId: measures.snapshot ?? LOG_ID_ZERO,
    purgedLogId: view.purged,
    peers: (leading?.peers ?? []).map((peer) => ({
      nodeId: peer.nodeId,
      matchIndex: peer.matchIndex,
      replication: peer.flow === "lost" ? "probe" : peer.flow,
      lastContactMs: (peer.contactAgeTicks + untoldTicks) * tickMs,
    })),
    quorumAckAgeMs: leading === undefined ? undefined : (leading.quorumAckAgeTicks + untoldTicks) * tickMs,
    proposalsInFlight: measures.proposalsInFlight,
    readsWaiting: measures.readsWaiting,
    applyLatency: measures.applyLatency,
    logWriteLatency: measures.logWriteLatency,
  };
}

/** A follower that no membership names as voter is what the contract calls a learner. */
function roleOf(view: RaftView): NodeRole {
  const { voters, outgoingVoters } = view.membership.membership;
  const isVoter = voters.includes(view.nodeId) || outgoingVoters.includes(view.nodeId);
  return view.role === "follower" && !isVoter ? "learner" : view.role;
}
