import { AspenError, type CancelTimer, type Clock } from "@aspenjs/api";

/** Gives up on something that should make progress: each `touch` starts its patience anew. */
export class StallGuard {
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #onStall: (error: AspenError) => void;
  #cancel: CancelTimer;

  constructor(clock: Clock, patienceMs: number, onStall: (error: AspenError) => void) {
    this.#clock = clock;
    this.#patienceMs = patienceMs;
    this.#onStall = onStall;
    this.#cancel = this.#arm();
  }

  touch(): void {
    this.#cancel();
    this.#cancel = this.#arm();
  }

  end(): void {
    this.#cancel();
  }

  #arm(): CancelTimer {
    return this.#clock.setTimer(this.#patienceMs, () => {
      this.#onStall(new AspenError("timeout", `no progress for ${this.#patienceMs} ms`));
    });
  }
}
