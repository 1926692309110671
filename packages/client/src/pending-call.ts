/**
 * The life of one call: it ends once, at its answer, its deadline, its caller's change of mind or the end of the
 * client, and whatever it held is given back at that moment, wherever its attempts happen to be.
 */
import {
  abandonedError,
  assert,
  AspenError,
  type CallOptions,
  type CancelTimer,
  type Clock,
  type ErrorCode,
} from "@aspenjs/api";
import type { Offer } from "./endpoint-book.ts";
import { limits } from "./limits.ts";
import { RetryPolicy, type Repeatability } from "./retry-policy.ts";

/** What nodes say, or their connections show, while no leader can be found. */
const LEADERLESS: ReadonlySet<ErrorCode> = new Set(["unavailable", "not_leader", "shutting_down"]);

/** Work that several calls wait for. */
export interface Errand {
  /** What its latest attempt failed with, if it did. */
  lastError(): AspenError | undefined;
}

export interface PendingCallOptions {
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  readonly repeatability: Repeatability;
  readonly offer: Offer;
  readonly reject: (error: AspenError) => void;
}

/** @throws AspenError `invalid_request` */
export function deadlineOf(options: CallOptions | undefined, deadlineMsDefault: number): number {
  const deadlineMs = options?.deadlineMs ?? deadlineMsDefault;
  if (deadlineMs > 0 && deadlineMs <= limits.deadlineMsMax) return Math.ceil(deadlineMs);
  throw new AspenError("invalid_request", `a deadline is more than 0 and at most ${limits.deadlineMsMax} ms`, {
    details: { deadlineMs, max: limits.deadlineMsMax },
  });
}

export class PendingCall {
  readonly policy: RetryPolicy;
  readonly signal: AbortSignal | undefined;
  readonly offer: Offer;
  /** What this call waits for before it can be sent itself: whatever holds that up holds this one up too. */
  waitsFor: Errand | undefined;
  /** Called when the call ends, before its promise settles. */
  onEnd: (() => void) | undefined;
  readonly #options: PendingCallOptions;
  readonly #expiresAtMs: number;
  readonly #cancelDeadline: CancelTimer;
  readonly #onAbort: (() => void) | undefined;
  #cancelWait: CancelTimer | undefined;
  #end: AspenError | "answered" | undefined;
  #release: () => void;

  constructor(options: PendingCallOptions, release: () => void) {
    const { clock, deadlineMs, signal } = options;
    this.#options = options;
    this.#release = release;
    this.policy = new RetryPolicy(options.repeatability);
    this.signal = signal;
    this.offer = options.offer;
    this.#expiresAtMs = clock.nowMs() + deadlineMs;
    this.#cancelDeadline = clock.setTimer(deadlineMs, () => this.fail(this.#timeout()));
    this.#onAbort = signal === undefined ? undefined : () => this.fail(this.#abandoned(signal));
    if (this.#onAbort !== undefined) signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get isEnded(): boolean {
    return this.#end !== undefined;
  }

  /** What is left of the deadline, at least a millisecond. Ends the call when nothing is. */
  remainingMs(): number {
    const remainingMs = this.#expiresAtMs - this.#options.clock.nowMs();
    if (remainingMs <= 0) this.fail(this.#timeout());
    this.assertWanted();
    return Math.max(1, Math.ceil(remainingMs));
  }

  /** Stops the work for a call that has ended. What it throws goes nowhere: the caller has been told. */
  assertWanted(): void {
    if (this.#end === undefined) return;
    throw this.#end === "answered" ? new AspenError("internal", "the call has been answered") : this.#end;
  }

  /** Whether the answer is in time to be the call's end. */
  complete(): boolean {
    return this.#finish("answered");
  }

  fail(error: AspenError): void {
    if (this.#finish(error)) this.#options.reject(error);
  }

  /** Resolves after the delay; never, when the call ends before. */
  wait(delayMs: number): Promise<void> {
    assert(this.#cancelWait === undefined, "a call waits for one thing at a time");
    return new Promise((resolve) => {
      this.#cancelWait = this.#options.clock.setTimer(delayMs, () => {
        this.#cancelWait = undefined;
        resolve();
      });
    });
  }

  /** What the promise comes to; `undefined` when it takes longer than the delay. */
  async waitAtMost<Value>(delayMs: number, promise: Promise<Value>): Promise<Value | undefined> {
    const first = await Promise.race([promise, this.wait(delayMs)]);
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    return first ?? undefined;
  }

  #finish(end: AspenError | "answered"): boolean {
    if (this.#end !== undefined) return false;
    this.#end = end;
    this.#cancelDeadline();
    this.#cancelWait?.();
    if (this.#onAbort !== undefined) this.signal?.removeEventListener("abort", this.#onAbort);
    this.onEnd?.();
    this.#release();
    return true;
  }

  #timeout(): AspenError {
    const { deadlineMs } = this.#options;
    const lastError = this.policy.lastError ?? this.waitsFor?.lastError();
    const reason = lastError === undefined ? "" : `; the last attempt ended with ${lastError.code}`;
    const outcome = this.#outcome();
    // Someone answered, and nobody could serve it: that is more than silence.
    const code = lastError !== undefined && LEADERLESS.has(lastError.code) ? "unavailable" : "timeout";
    return new AspenError(code, `the deadline of ${deadlineMs} ms passed${reason}`, {
      details: { deadlineMs, outcome },
      cause: lastError,
    });
  }

  #abandoned(signal: AbortSignal): AspenError {
    return abandonedError(signal, { outcome: this.#outcome() });
  }

  /** A call that was never sent did nothing; of any other without an answer, nobody can tell. */
  #outcome(): "unknown" | "not_applied" {
    return this.policy.mayHaveTakenEffect ? "unknown" : "not_applied";
  }
}
