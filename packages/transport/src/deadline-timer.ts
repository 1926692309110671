import type { CancelTimer, Clock } from "@aspenjs/api";

type TimerState =
  | { readonly kind: "idle" }
  | { readonly kind: "armed"; readonly dueAtMs: number; readonly cancel: CancelTimer }
  | { readonly kind: "stopped" };

const IDLE: TimerState = { kind: "idle" };

/**
 * One timer for any number of deadlines: it is armed for the earliest, and its owner then looks through its table.
 * Most entries end long before, so nothing is done for them at all.
 */
export class DeadlineTimer {
  readonly #clock: Clock;
  /** Handles what is due and returns the earliest deadline that is left, if any. */
  readonly #expire: (nowMs: number) => number | undefined;
  #state: TimerState = IDLE;

  constructor(clock: Clock, expire: (nowMs: number) => number | undefined) {
    this.#clock = clock;
    this.#expire = expire;
  }

  ensure(dueAtMs: number): void {
    const state = this.#state;
    if (state.kind === "stopped" || (state.kind === "armed" && state.dueAtMs <= dueAtMs)) return;
    if (state.kind === "armed") state.cancel();
    const cancel = this.#clock.setTimer(Math.max(0, dueAtMs - this.#clock.nowMs()), this.#onTimer);
    this.#state = { kind: "armed", dueAtMs, cancel };
  }

  stop(): void {
    if (this.#state.kind === "armed") this.#state.cancel();
    this.#state = { kind: "stopped" };
  }

  readonly #onTimer = (): void => {
    if (this.#state.kind === "stopped") return;
    this.#state = IDLE;
    const nextMs = this.#expire(this.#clock.nowMs());
    if (nextMs !== undefined) this.ensure(nextMs);
  };
}
