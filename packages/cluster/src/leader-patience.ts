import { AspenError, type Clock } from "@aspenjs/api";
import { limits } from "./limits.ts";

/** A node that knows of no leader for long is behind, and sends those whom it serves streams elsewhere. */
export class LeaderPatience {
  readonly #clock: Clock;
  readonly #hasLeader: () => boolean;
  #seenMs: number;

  constructor(clock: Clock, hasLeader: () => boolean) {
    this.#clock = clock;
    this.#hasLeader = hasLeader;
    this.#seenMs = clock.nowMs();
  }

  /** Asked about every second. @throws AspenError `unavailable` */
  check(): void {
    const nowMs = this.#clock.nowMs();
    if (this.#hasLeader()) this.#seenMs = nowMs;
    if (nowMs - this.#seenMs > limits.leaderlessMsMax) {
      throw new AspenError("unavailable", "this node knows of no leader");
    }
  }
}
