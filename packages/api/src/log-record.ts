import type { LeaseId } from "./lease.ts";
import type { LogIndex, Term } from "./log-id.ts";
import type { Membership } from "./membership.ts";
import type { WriteCommand } from "./write-command.ts";

/** What a leader says of leases, never a client: of many at once, their ids in ascending order, or of every one. */
export type LeaseAction =
  | { readonly kind: "renewLeases"; readonly leaseIds: readonly LeaseId[] }
  | { readonly kind: "expireLeases"; readonly leaseIds: readonly LeaseId[] }
  | { readonly kind: "extendLeases" };

/** What one entry of the log asks the state machine to do. */
export type LogAction =
  | WriteCommand
  | { readonly kind: "openSession" }
  | { readonly kind: "closeSession" }
  | LeaseAction;

/** Which write of which client: the same in every copy of it that reached the log. */
export interface LoggedWrite {
  readonly sessionId: number;
  readonly sequence: number;
}

interface LogRecordHead {
  readonly index: LogIndex;
  readonly term: Term;
}

/** A new leader's first entry. */
export interface BlankRecord extends LogRecordHead {
  readonly kind: "blank";
}

export interface MembershipRecord extends LogRecordHead {
  readonly kind: "membership";
  readonly membership: Membership;
}

/**
 * A command as it was committed, which is not what came of it: that was decided when it was applied. A comparison may
 * have failed, a second copy of a write of one session does nothing, and which keys a range or a lease held is nowhere in
 * the log. Watches tell effects.
 */
export interface CommandRecord extends LogRecordHead {
  readonly kind: "command";
  /** The leader's log time when it proposed this. Whole milliseconds. */
  readonly logTimeMs: number;
  readonly write?: LoggedWrite;
  readonly action: LogAction;
  /** Something of the action lies outside of the prefixes and was left out, or a range was cut to them. */
  readonly isPartial: boolean;
}

/** A committed entry of the replicated log. */
export type LogRecord = BlankRecord | MembershipRecord | CommandRecord;
