import type { LogIndex, Term } from "./log-id.ts";
import type { Membership } from "./membership.ts";

export type EntryPayload =
  /** A new leader's first entry: commits what earlier terms left behind. */
  | { readonly kind: "blank" }
  /** Opaque to consensus. */
  | { readonly kind: "command"; readonly command: Uint8Array }
  | { readonly kind: "membership"; readonly membership: Membership };

export interface LogEntry {
  readonly term: Term;
  readonly index: LogIndex;
  readonly payload: EntryPayload;
}
