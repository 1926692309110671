import { AspenError, type KeyValueStore, type LeaseId, type LeaseStatus } from "@aspenjs/api";
import type { Host } from "./host.ts";
import { leaseIdText } from "./lease-text.ts";
import { limits } from "./limits.ts";

/** How often a lease is renewed in its time: two renewals may fail before it ends. */
const RENEWALS_PER_TTL = 3;

export interface LeaseKeeperOptions {
  readonly store: KeyValueStore;
  readonly leaseId: LeaseId;
  readonly host: Pick<Host, "nowMs" | "wait">;
}

interface Renewal {
  readonly status: LeaseStatus;
  /** By the clock of this machine, the lease is there until then if nobody revokes it. */
  readonly endsAtMs: number;
}

/** Renews a lease, and knows how long that may be tried in vain. */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  #last: Renewal | undefined;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  /** From a renewal to the next one. */
  get pauseMs(): number {
    return (this.#last?.status.ttlMs ?? 0) / RENEWALS_PER_TTL;
  }

  /** @throws AspenError `not_found` when the lease has ended */
  async renew(): Promise<LeaseStatus> {
    const { store, leaseId, host } = this.#options;
    const askedAtMs = host.nowMs();
    try {
      const status = await store.keepLeaseAlive(leaseId);
      // Its time counts from some moment after the question: this is early, if anything.
      this.#last = { status, endsAtMs: askedAtMs + status.ttlMs };
      return status;
    } catch (error) {
      if (!AspenError.isCode(error, "not_found")) throw error;
      const id = leaseIdText(leaseId);
      const message = this.#last === undefined ? `there is no lease ${id}` : `lease ${id} has ended`;
      throw new AspenError("not_found", message, { details: error.details });
    }
  }

  /**
   * Once renewed, a lease is there for its time, whether or not the cluster can be reached: what may go well another
   * time is tried again until that is over.
   */
  async renewInTime(signal: AbortSignal, onRetry: (error: AspenError) => void): Promise<LeaseStatus> {
    for (;;) {
      try {
        return await this.renew();
      } catch (error) {
        const leftMs = this.#last === undefined ? 0 : this.#last.endsAtMs - this.#options.host.nowMs();
        const isHopeless = !(error instanceof AspenError) || !error.retryable || leftMs <= 0 || signal.aborted;
        if (isHopeless) throw error;
        onRetry(error);
        await this.#options.host.wait(Math.min(limits.keepAliveRetryMsMax, leftMs), signal);
      }
    }
  }
}
