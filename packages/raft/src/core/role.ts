import type { LogIndex, NodeId } from "@aspenjs/api";
import type { Token } from "./event.ts";
import type { Progress } from "./progress.ts";

/** What a node is in its term. Each role owns what exists only while it lasts. */
export type Role = Follower | PreCandidate | Candidate | Leader;
export type RoleKind = Role["kind"];

export interface Follower {
  readonly kind: "follower";
  leader: NodeId | undefined;
  /** This follower's patience, drawn when it became one. */
  readonly electionTicks: number;
  /** When patience ends. */
  electionTick: number;
  /** Reads forwarded to the leader, by request id. */
  readonly reads: Map<number, ForwardedRead>;
}

export interface ForwardedRead {
  readonly token: Token;
  readonly sentTick: number;
}

export interface PreCandidate {
  readonly kind: "preCandidate";
  readonly campaign: number;
  readonly answers: Map<NodeId, boolean>;
  readonly electionTick: number;
}

export interface Candidate {
  readonly kind: "candidate";
  readonly isTransfer: boolean;
  readonly answers: Map<NodeId, boolean>;
  readonly electionTick: number;
  /** The write that holds this node's vote for itself: it counts once it is durable (R1). */
  readonly voteSequence: number;
}

export interface Leader {
  readonly kind: "leader";
  /** Every other member, and those who are leaving. */
  readonly progress: Map<NodeId, Progress>;
  /** Index of this term's first entry: until it commits, nothing is read and no membership changes (R6, R8). */
  readonly termStart: LogIndex;
  readonly electedTick: number;
  /** Of the latest append to anyone. */
  sequence: number;
  heartbeatTick: number;
  /** The latest read round, and when each round that still matters was opened. */
  round: number;
  readonly roundTicks: RoundTick[];
  reads: LeaderRead[];
  /** Leases count from the opening of the latest round that a quorum confirmed. */
  leaseTick: number;
  /** A successor was told to campaign at once: that word may still arrive, so this term has no lease any more. */
  isLeaseForfeited: boolean;
  transfer: LeadershipTransfer | undefined;
}

export interface RoundTick {
  readonly round: number;
  readonly tick: number;
}

export type ReadOrigin =
  | { readonly kind: "local"; readonly token: Token }
  | { readonly kind: "remote"; readonly from: NodeId; readonly requestId: number };

export interface LeaderRead {
  readonly origin: ReadOrigin;
  /** The round that proves this node still led after the read arrived; assigned when that round is opened. */
  round: number | undefined;
  /** The commit index when the read arrived; assigned once this term has committed something. */
  readIndex: LogIndex | undefined;
}

export interface LeadershipTransfer {
  readonly token: Token | undefined;
  readonly target: NodeId;
  readonly deadlineTick: number;
  isSent: boolean;
}
