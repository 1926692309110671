import type { Term } from "./log-id.ts";
import type { NodeId } from "./node-id.ts";

/** What a node must never forget: durable, as one record, before any message that depends on it leaves. */
export interface HardState {
  readonly term: Term;
  /** Who got this node's vote in `term`. */
  readonly vote: NodeId | undefined;
}

export const HARD_STATE_ZERO: HardState = { term: 0, vote: undefined };
