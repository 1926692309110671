import type { CancelTimer, Clock } from "../src/ports/clock.ts";

interface ManualTimer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** Stands still until it is told to go on; what falls due then fires in order. Nothing is deferred. */
export class ManualClock implements Clock {
  #nowMs = 0;
  #timers: ManualTimer[] = [];

  advance(durationMs: number): void {
    const untilMs = this.#nowMs + durationMs;
    for (;;) {
      const [next] = this.#timers.toSorted((left, right) => left.dueMs - right.dueMs);
      if (next === undefined || next.dueMs > untilMs) break;
      this.#nowMs = next.dueMs;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      next.callback();
    }
    this.#nowMs = untilMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): CancelTimer {
    const timer = { dueMs: this.#nowMs + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  defer(): void {}
}
