import type { CancelTimer, Clock } from "../src/ports/clock.ts";

/** Stands still until it is told to go on. Timers never fire: what is tested here only looks at the time. */
export class ManualClock implements Clock {
  #nowMs = 0;

  advance(durationMs: number): void {
    this.#nowMs += durationMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  setTimer(): CancelTimer {
    return () => {};
  }

  defer(): void {}
}
