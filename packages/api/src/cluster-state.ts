import type { LogId, LogIndex, Term } from "./log-id.ts";
import type { Membership, NodeRecord } from "./membership.ts";
import type { NodeId } from "./node-id.ts";

export interface ClusterState {
  readonly clusterId: string;
  readonly term: Term;
  readonly leader: NodeId | undefined;
  readonly membership: Membership;
  /** Log entry that holds `membership`. */
  readonly membershipLogId: LogId;
}

export interface LeaderInfo {
  readonly nodeId: NodeId;
  readonly addresses: NodeRecord["addresses"];
}

export const NODE_ROLES = ["learner", "follower", "preCandidate", "candidate", "leader"] as const;
export type NodeRole = (typeof NODE_ROLES)[number];

/** A leader's view of one follower. */
export interface PeerMetrics {
  readonly nodeId: NodeId;
  readonly matchIndex: LogIndex;
  readonly replication: "probe" | "replicate" | "snapshot";
  /** Milliseconds since the peer last answered; `undefined` when it never did. */
  readonly lastContactMs: number | undefined;
}

export interface LatencySummary {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface NodeMetrics {
  readonly nodeId: NodeId;
  readonly role: NodeRole;
  readonly term: Term;
  readonly vote: NodeId | undefined;
  readonly leader: NodeId | undefined;
  readonly lastLogId: LogId;
  readonly committedIndex: LogIndex;
  readonly appliedIndex: LogIndex;
  readonly snapshotLogId: LogId;
  readonly purgedLogId: LogId;
  /** On a leader only; empty elsewhere. */
  readonly peers: readonly PeerMetrics[];
  /** On a leader only. */
  readonly quorumAckAgeMs: number | undefined;
  readonly proposalsInFlight: number;
  readonly readsWaiting: number;
  readonly applyLatency: LatencySummary;
  readonly logWriteLatency: LatencySummary;
}
