import type { Clock } from "@aspenjs/api";

/**
 * Log time: what the leader stamps on commands. It goes on with the monotonic clock from the last log time that was
 * applied here, so it never follows a wall clock and never goes back; the state machine keeps the maximum.
 *
 * What was committed before an election may be applied after it, and be of a much later log time: a node that has just
 * started has applied nothing yet. This clock never stays behind it, or log time would stand still until it had caught
 * up, and no lease would end.
 */
export class LogClock {
  readonly #clock: Clock;
  readonly #applied: { readonly logTimeMs: number };
  #baseMs = 0;
  #startMs = 0;

  constructor(clock: Clock, applied: { readonly logTimeMs: number }) {
    this.#clock = clock;
    this.#applied = applied;
  }

  /** This node was elected. */
  start(): void {
    this.#startFrom(this.#applied.logTimeMs);
  }

  nowMs(): number {
    const nowMs = Math.floor(this.#baseMs + this.#clock.nowMs() - this.#startMs);
    const { logTimeMs } = this.#applied;
    if (logTimeMs <= nowMs) return nowMs;
    this.#startFrom(logTimeMs);
    return logTimeMs;
  }

  #startFrom(baseMs: number): void {
    this.#baseMs = baseMs;
    this.#startMs = this.#clock.nowMs();
  }
}
