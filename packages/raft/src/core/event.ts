import type {
  EntryPayload,
  LogId,
  LogIndex,
  Membership,
  NodeId,
  NodeRecord,
  StoredMembership,
  Term,
} from "@aspenjs/api";
import type { Message } from "./message.ts";

/** Names a caller's question in events and effects. Chosen by the shell, never on the wire, never used twice. */
export type Token = number;

export interface Proposal {
  readonly token: Token;
  readonly payload: Extract<EntryPayload, { readonly kind: "command" }>;
}

/** The membership that a change leads to; the way there is the core's business. */
export interface MembershipTarget {
  readonly voters: readonly NodeId[];
  readonly learners: readonly NodeId[];
  /** At least one record for every node named above. */
  readonly nodes: readonly NodeRecord[];
}

/** Everything that can happen to a node. The core changes on nothing else. */
export type RaftEvent =
  | { readonly kind: "tick"; readonly elapsedTicks: number }
  | { readonly kind: "receive"; readonly from: NodeId; readonly message: Message }
  /** The first membership of a new cluster, on a node that knows nothing yet. */
  | { readonly kind: "bootstrap"; readonly token: Token; readonly membership: Membership }
  | { readonly kind: "propose"; readonly proposals: readonly Proposal[] }
  | { readonly kind: "changeMembership"; readonly token: Token; readonly target: MembershipTarget }
  | { readonly kind: "transferLeadership"; readonly token: Token; readonly target: NodeId | undefined }
  | { readonly kind: "readIndex"; readonly token: Token; readonly mode: "quorum" | "lease" }
  /** The write with this sequence number, and every one before it, is durable. */
  | { readonly kind: "persisted"; readonly sequence: number }
  /** The state machine holds everything up to here. */
  | { readonly kind: "applied"; readonly index: LogIndex }
  /** The state machine's state up to here is durable: the log up to here is needed by slow followers only. */
  | { readonly kind: "stateDurable"; readonly through: LogIndex }
  /** A leader wants to send a snapshot; the answer is a `decideSnapshot` effect. */
  | {
      readonly kind: "snapshotOffered";
      readonly token: Token;
      readonly from: NodeId;
      readonly term: Term;
      readonly lastIncluded: LogId;
    }
  /** A snapshot replaced the state machine's state. */
  | { readonly kind: "snapshotInstalled"; readonly lastIncluded: LogId; readonly membership: StoredMembership }
  /** The transfer that a `sendSnapshot` effect asked for has begun, with this snapshot. */
  | { readonly kind: "snapshotSending"; readonly to: NodeId; readonly lastIncluded: LogId }
  /** The transfer ended. `matched` is what the follower now holds; `undefined` when the transfer failed. */
  | { readonly kind: "snapshotSent"; readonly to: NodeId; readonly matched: LogIndex | undefined }
  | { readonly kind: "peerDisconnected"; readonly nodeId: NodeId }
  /** A message to this peer was dropped before it left. */
  | { readonly kind: "sendDropped"; readonly nodeId: NodeId }
  /** An operator, a bootstrap or a test wants an election now. */
  | { readonly kind: "campaign" };

export type RaftEventKind = RaftEvent["kind"];
