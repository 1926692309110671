import type { LogId, LogIndex, LogWriteBatch, NodeId, StorageFault, StoredMembership, Term } from "@aspenjs/api";
import type { Token } from "./event.ts";
import type { Message } from "./message.ts";

export type LogOperation =
  | { readonly kind: "write"; readonly batch: LogWriteBatch }
  | { readonly kind: "purge"; readonly through: LogId }
  /** A snapshot took the log's place. */
  | { readonly kind: "reset"; readonly to: LogId };

export type RefusalReason =
  /** `leader` says who to ask instead. */
  | "not_leader"
  /** The leader is handing over; ask again in a moment. */
  | "transferring"
  /** An earlier change of membership is not committed yet, or nothing of this leader's term is. */
  | "change_in_progress"
  | "invalid_membership"
  /** The leader was replaced, or did not answer in time; ask again. */
  | "interrupted"
  | "lease_disabled"
  /** A bounded table is full; ask again in a moment. */
  | "overloaded"
  | "not_a_voter"
  | "already_initialized";

/**
 * What the shell must do, in this order. `after` names a `persist` effect: the effect waits until that one, and all
 * before it, are durable; 0 waits for nothing. (Shell duties S1 to S6 of SPEC.md.)
 */
export type Effect =
  /** Hand to the log store before the next step; report `persisted` when durable. Sequence numbers grow by one. */
  | { readonly kind: "persist"; readonly sequence: number; readonly operation: LogOperation }
  | { readonly kind: "send"; readonly to: NodeId; readonly message: Message; readonly after: number }
  /** Entries up to here are committed and durable here: apply them in order. */
  | { readonly kind: "apply"; readonly through: LogIndex }
  /** A proposal or a membership change has a place in the log; it is committed once that place is applied. */
  | { readonly kind: "proposed"; readonly token: Token; readonly logId: LogId }
  | {
      readonly kind: "refused";
      readonly token: Token;
      readonly reason: RefusalReason;
      readonly detail: string;
      readonly leader: NodeId | undefined;
    }
  /** Reads of this token may be answered once everything up to `readIndex` is applied. */
  | { readonly kind: "readReady"; readonly token: Token; readonly readIndex: LogIndex }
  | {
      readonly kind: "decideSnapshot";
      readonly token: Token;
      readonly term: Term;
      readonly isWanted: boolean;
      /** What this node holds already: durable and committed up to here. */
      readonly matched: LogIndex;
    }
  /** Stream the latest snapshot to this follower; report `snapshotSending`, then `snapshotSent`. */
  | { readonly kind: "sendSnapshot"; readonly to: NodeId; readonly term: Term }
  | {
      readonly kind: "roleChanged";
      readonly role: "follower" | "preCandidate" | "candidate" | "leader";
      readonly term: Term;
      readonly leader: NodeId | undefined;
    }
  /** The membership that counts from now on, committed or not. */
  | { readonly kind: "membershipChanged"; readonly membership: StoredMembership }
  | { readonly kind: "membershipCommitted"; readonly membership: StoredMembership }
  /** A follower rejects what it acknowledged before: it lost its disk. It counts for nothing until it is replaced. */
  | { readonly kind: "peerLostData"; readonly nodeId: NodeId; readonly acknowledged: LogIndex }
  /** The node must stop: its log cannot be read. */
  | { readonly kind: "halt"; readonly fault: StorageFault };
