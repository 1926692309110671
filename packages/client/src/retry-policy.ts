/**
 * What one call does after an attempt failed. Holds what the call has been through, and decides by that alone.
 *
 * P1  A call is repeated only when repeating is harmless, or when the failure proves that nothing happened.
 * P2  Hints are followed at once, but only so many in a row: nodes that point at each other cost waits, not a storm.
 * P3  A connection that fails costs no wait while there is another endpoint that this round has not tried.
 * P4  `mayHaveTakenEffect` is true as soon as one attempt was sent whose failure does not prove the contrary.
 */
import { isRetryable, type AspenError, type ErrorCode, type NodeId, type Random } from "@aspenjs/api";
import { leaderHintOf } from "@aspenjs/protocol";
import type { Endpoint } from "./endpoint-book.ts";
import { limits } from "./limits.ts";

/** `repeatable`: a read, or a write that its session protects. `once`: a second time may do more than the first. */
export type Repeatability = "repeatable" | "once";

export type AttemptFailure =
  /** There is no connection, and nothing was sent. */
  | { readonly kind: "unreachable"; readonly error: AspenError }
  /** The node refused the ticket, and nothing was sent. */
  | { readonly kind: "unwelcome"; readonly error: AspenError }
  /** The request was sent; the node, or the loss of the connection, answered this. */
  | { readonly kind: "failed"; readonly error: AspenError };

export type RetryDecision =
  | { readonly kind: "giveUp"; readonly error: AspenError }
  /** At once, at this node. */
  | { readonly kind: "follow"; readonly leader: NodeId }
  /** At once, at another endpoint. */
  | { readonly kind: "moveOn" }
  /** At once, at the same endpoint, after greeting it again. */
  | { readonly kind: "greetAgain" }
  /** After `nextBackOffMs`. */
  | { readonly kind: "backOff" };

/** What the policy asks of the endpoint book. */
export interface Routes {
  readonly isPinned: boolean;
  hasUntried(tried: ReadonlySet<string>): boolean;
  /** Whether this node is known and was not found unreachable a moment ago. */
  isWorthAsking(nodeId: NodeId): boolean;
}

const MOVE_ON: RetryDecision = { kind: "moveOn" };
const BACK_OFF: RetryDecision = { kind: "backOff" };

export class RetryPolicy {
  readonly repeatability: Repeatability;
  readonly #tried = new Set<string>();
  #hintsFollowed = 0;
  #backOffs = 0;
  #silences = 0;
  #isUnderWay = false;
  #isInDoubt = false;
  #hasGreetedAgain = false;
  #refusal: AspenError | undefined;
  #lastError: AspenError | undefined;

  constructor(repeatability: Repeatability) {
    this.repeatability = repeatability;
  }

  /** Endpoints that this round need not ask again. */
  get tried(): ReadonlySet<string> {
    return this.#tried;
  }

  get lastError(): AspenError | undefined {
    return this.#lastError;
  }

  get mayHaveTakenEffect(): boolean {
    return this.#isUnderWay || this.#isInDoubt;
  }

  sent(): void {
    this.#isUnderWay = true;
  }

  answered(): void {
    this.#isUnderWay = false;
  }

  /** How long the next attempt may wait for its answer. A call that must not be repeated has no reason to stop. */
  attemptTimeoutMs(remainingMs: number): number {
    if (this.repeatability === "once") return remainingMs;
    return Math.min(remainingMs, limits.attemptTimeoutMs * 2 ** this.#silences);
  }

  nextBackOffMs(random: Random): number {
    const baseMs = Math.min(limits.backOffBaseMsMax, limits.backOffBaseMsMin * 2 ** Math.min(this.#backOffs, 16));
    this.#backOffs += 1;
    this.#hintsFollowed = 0;
    return baseMs + random.below(baseMs + 1);
  }

  decide(endpoint: Endpoint, nodeId: NodeId | undefined, failure: AttemptFailure, routes: Routes): RetryDecision {
    this.#lastError = failure.error;
    switch (failure.kind) {
      case "unreachable":
        return this.#moveOn(endpoint, routes);
      case "unwelcome":
        this.#refusal ??= failure.error;
        return this.#moveOn(endpoint, routes);
      case "failed":
        return this.#decideFailed(endpoint, nodeId, failure.error, routes);
    }
  }

  #decideFailed(endpoint: Endpoint, nodeId: NodeId | undefined, error: AspenError, routes: Routes): RetryDecision {
    this.#isUnderWay = false;
    const isProven = provesNoEffect(error);
    if (!isProven) this.#isInDoubt = true;
    if (error.code === "unauthorized" && !this.#hasGreetedAgain) {
      this.#hasGreetedAgain = true;
      return { kind: "greetAgain" };
    }
    if (!error.retryable) return { kind: "giveUp", error };
    if (error.code === "not_leader") return this.#decideNotLeader(endpoint, nodeId, error, routes);
    if (error.code === "not_initialized") {
      this.#tried.add(endpoint.key);
      return routes.hasUntried(this.#tried) ? MOVE_ON : { kind: "giveUp", error };
    }
    const mayRepeat = this.repeatability === "repeatable" || (isProven && error.code === "unavailable");
    if (!mayRepeat) return { kind: "giveUp", error };
    if (error.code === "resource_exhausted") return BACK_OFF;
    if (error.code === "timeout") this.#silences += 1;
    return this.#moveOn(endpoint, routes);
  }

  #decideNotLeader(endpoint: Endpoint, nodeId: NodeId | undefined, error: AspenError, routes: Routes): RetryDecision {
    const hint = leaderHintOf(error);
    const isElsewhere = hint !== undefined && hint !== nodeId;
    if (isElsewhere && routes.isPinned) return { kind: "giveUp", error };
    this.#tried.add(endpoint.key);
    if (isElsewhere && this.#hintsFollowed < limits.leaderHintsMax && routes.isWorthAsking(hint)) {
      this.#hintsFollowed += 1;
      return { kind: "follow", leader: hint };
    }
    if (!routes.hasUntried(this.#tried)) this.#tried.clear();
    return BACK_OFF;
  }

  /** The next endpoint of this round; after the last one, a wait and a new round. */
  #moveOn(endpoint: Endpoint, routes: Routes): RetryDecision {
    this.#tried.add(endpoint.key);
    if (routes.hasUntried(this.#tried)) return MOVE_ON;
    this.#tried.clear();
    // Nobody took us in, and somebody said why: waiting does not make a ticket better.
    return this.#refusal === undefined ? BACK_OFF : { kind: "giveUp", error: this.#refusal };
  }
}

/** Says nothing about how far the request got. */
const SILENT_ABOUT_EFFECT: ReadonlySet<ErrorCode> = new Set(["internal", "corrupt", "disk_full"]);

/** Section 2 of the protocol: what else is answered only when nothing was proposed. */
function provesNoEffect({ code, details }: AspenError): boolean {
  if (details["outcome"] === "not_applied") return true;
  if (code === "not_leader" || code === "not_initialized") return true;
  return !isRetryable(code) && !SILENT_ABOUT_EFFECT.has(code);
}
