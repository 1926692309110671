import type { CancelTimer, Clock, Logger, PeerId } from "@aspenjs/api";
import { limits } from "./limits.ts";

export interface ProbationDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly disconnect: (peerId: PeerId) => void;
}

/** Strangers have a short while to prove the secret or to show a ticket, and only so many may try at a time. */
export class Probation {
  readonly #deps: ProbationDeps;
  readonly #strangers = new Map<PeerId, CancelTimer>();

  constructor(deps: ProbationDeps) {
    this.#deps = deps;
  }

  begin(peerId: PeerId): void {
    if (this.#strangers.has(peerId)) return;
    if (this.#strangers.size >= limits.strangersMax) {
      this.#deps.logger.log("warn", "too many strangers at once", { max: limits.strangersMax });
      this.#deps.disconnect(peerId);
      return;
    }
    const cancel = this.#deps.clock.setTimer(limits.probationMs, () => {
      this.#strangers.delete(peerId);
      this.#deps.logger.log("warn", "a stranger neither proved the secret nor showed a ticket", { peerId });
      this.#deps.disconnect(peerId);
    });
    this.#strangers.set(peerId, cancel);
  }

  /** Passed, or gone. */
  end(peerId: PeerId): void {
    this.#strangers.get(peerId)?.();
    this.#strangers.delete(peerId);
  }

  endAll(): void {
    for (const peerId of [...this.#strangers.keys()]) this.end(peerId);
  }
}
