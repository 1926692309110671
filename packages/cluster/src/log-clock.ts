import type { Clock } from "@aspenjs/api";

/**
 * Log time: what the leader stamps on commands. It starts from the last log time known at the election and goes on with
 * the monotonic clock, so it never follows a wall clock and never goes back; the state machine keeps the maximum.
 */
export class LogClock {
  readonly #clock: Clock;
  #baseMs = 0;
  #startMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** This node was elected, and its state machine's log time is `logTimeMs`. */
  start(logTimeMs: number): void {
    this.#baseMs = logTimeMs;
    this.#startMs = this.#clock.nowMs();
  }

  nowMs(): number {
    return Math.floor(this.#baseMs + this.#clock.nowMs() - this.#startMs);
  }
}
