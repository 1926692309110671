import type { LogEntry, LogId, LogIndex, Term } from "@aspenjs/api";

/**
 * What nodes say to each other. Every message carries its sender's current term; who the sender is, the transport
 * proves. Messages may be lost, delayed, duplicated and reordered.
 */
export type Message =
  | PreVoteRequest
  | PreVoteResponse
  | VoteRequest
  | VoteResponse
  | AppendRequest
  | AppendResponse
  | HeartbeatRequest
  | HeartbeatResponse
  | TimeoutNowRequest
  | ReadIndexRequest
  | ReadIndexResponse;

export type MessageKind = Message["kind"];

/** "Would you vote for me in the term after mine?" Changes nobody's state (dissertation section 9.6). */
export interface PreVoteRequest {
  readonly kind: "preVoteRequest";
  readonly term: Term;
  /** The sender's count of its campaigns: an answer to an earlier one does not count. */
  readonly campaign: number;
  readonly last: LogId;
}

export interface PreVoteResponse {
  readonly kind: "preVoteResponse";
  readonly term: Term;
  readonly campaign: number;
  readonly isGranted: boolean;
}

export interface VoteRequest {
  readonly kind: "voteRequest";
  readonly term: Term;
  readonly last: LogId;
  /** The leader itself asked for this election, so that hearing from it is no reason to refuse (section 3.10). */
  readonly isTransfer: boolean;
}

export interface VoteResponse {
  readonly kind: "voteResponse";
  readonly term: Term;
  readonly isGranted: boolean;
}

/** Entries behind `previous`, possibly none. Answered when they are durable at the follower. */
export interface AppendRequest {
  readonly kind: "appendRequest";
  readonly term: Term;
  /** Grows with every append of this leader's term, to whomever; the answer repeats it. */
  readonly sequence: number;
  readonly previous: LogId;
  readonly entries: readonly LogEntry[];
  readonly committed: LogIndex;
  /** The latest read round when this left: an answer confirms it. */
  readonly round: number;
}

export interface AppendResponse {
  readonly kind: "appendResponse";
  readonly term: Term;
  readonly sequence: number;
  readonly round: number;
  readonly outcome: AppendOutcome;
}

export type AppendOutcome =
  /** Durable and equal to the leader's log up to here. */
  | { readonly kind: "matched"; readonly index: LogIndex }
  /**
   * No such entry as `previous`. `hint` is the follower's last entry that can still match: at or below `previous`
   * and of no later term.
   */
  | { readonly kind: "conflict"; readonly previousIndex: LogIndex; readonly hint: LogId };

/**
 * Keeps the leader's authority alive and opens a read round. Unlike an append it says nothing about the log but a
 * commit index that the follower is known to hold, and its answer does not wait for a disk.
 */
export interface HeartbeatRequest {
  readonly kind: "heartbeatRequest";
  readonly term: Term;
  readonly committed: LogIndex;
  readonly round: number;
}

export interface HeartbeatResponse {
  readonly kind: "heartbeatResponse";
  readonly term: Term;
  readonly round: number;
}

/** The leader hands over: campaign now (section 3.10). */
export interface TimeoutNowRequest {
  readonly kind: "timeoutNowRequest";
  readonly term: Term;
}

/** A follower asks for the index at which it may answer linearizable reads (section 6.4). */
export interface ReadIndexRequest {
  readonly kind: "readIndexRequest";
  readonly term: Term;
  readonly requestId: number;
}

export interface ReadIndexResponse {
  readonly kind: "readIndexResponse";
  readonly term: Term;
  readonly requestId: number;
  /** `undefined`: the asked node cannot answer, ask whoever leads now. */
  readonly readIndex: LogIndex | undefined;
}
