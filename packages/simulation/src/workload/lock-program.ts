import { AspenError, type LeaseId, type TransactionCommand } from "@aspenjs/api";
import type { AspenClient } from "@aspenjs/client";
import type { SimulatedClient } from "../cluster/simulated-client.ts";
import type { SeededRandom } from "../random/seeded-random.ts";
import type { LeaseLoss, Tenure } from "./tenure.ts";

export interface LockProgramOptions {
  readonly client: SimulatedClient;
  readonly random: SeededRandom;
  readonly locks: readonly string[];
  /** How much faster than the world a leader's clock may run, in parts per million: so much earlier a lease may end. */
  readonly driftPpmMax: number;
  readonly nowUs: () => number;
  readonly onTenure: (tenure: Tenure) => void;
  readonly onLeaseLost: (loss: LeaseLoss) => void;
  readonly isStopping: () => boolean;
}

interface HeldLease {
  readonly leaseId: LeaseId;
  readonly ttlMs: number;
  /** Until then the lease cannot have ended, unless it was revoked: a whole time from the last keep-alive's beginning. */
  aliveUntilUs: number;
}

/** Of the keys that are locks: none outlives its lease. */
export const LOCK_PREFIX = "lock/";

const TTL_MS = [300, 1_000, 3_000];
const ROUNDS_MAX = 6;
const PAUSE_MS_MAX = 4_000;
/** On one connection. */
const TURNS_MAX = 5;
const MILLION = 1_000_000;

/**
 * A program that takes locks which end with their holder: a lease, and a key bound to it that nobody else has. It holds
 * a lock for as long as its last keep-alive that was answered allows it to, counted from when that was sent. When it
 * dies, nobody hears of that tenure: its lease must end all the same, for the next holder to come.
 */
export class LockProgram {
  readonly #options: LockProgramOptions;
  readonly #random: SeededRandom;
  isIdle = true;

  constructor(options: LockProgramOptions) {
    this.#options = options;
    this.#random = options.random;
  }

  async run(): Promise<void> {
    const { client, isStopping } = this.#options;
    while (!isStopping()) {
      this.isIdle = false;
      await this.#tolerate(async () => {
        const connected = await client.connect();
        for (let turn = this.#random.below(TURNS_MAX); turn >= 0 && !isStopping(); turn -= 1) {
          await this.#tolerate(() => this.#takeTurn(connected));
          await client.sleep(this.#random.below(PAUSE_MS_MAX));
        }
        await connected.close();
      });
      this.isIdle = true;
      await client.sleep(this.#random.below(PAUSE_MS_MAX));
    }
  }

  async #takeTurn(connected: AspenClient): Promise<void> {
    const { store } = connected;
    const lease = await this.#grant(connected);
    const lock = this.#random.pick(this.#options.locks);
    const { succeeded } = await store.write(acquisition(lock, this.#options.client.name, lease.leaseId));
    if (succeeded) await this.#hold(connected, lease, lock);
    // Some forget to clean up: then time does it.
    if (this.#random.below(3) > 0) await store.write({ kind: "leaseRevoke", leaseId: lease.leaseId });
  }

  async #grant({ store }: AspenClient): Promise<HeldLease> {
    const ttlMs = this.#random.pick(TTL_MS);
    const sentUs = this.#options.nowUs();
    const { leaseId } = await store.write({ kind: "leaseGrant", ttlMs });
    return { leaseId, ttlMs, aliveUntilUs: this.#aliveUntilUs(sentUs, ttlMs) };
  }

  async #hold(connected: AspenClient, lease: HeldLease, lock: string): Promise<void> {
    const { client, nowUs, onTenure } = this.#options;
    const fromUs = nowUs();
    try {
      for (let round = this.#random.below(ROUNDS_MAX); round > 0 && nowUs() < lease.aliveUntilUs; round -= 1) {
        await client.sleep(this.#random.below(lease.ttlMs));
        await this.#tolerate(() => this.#keepAlive(connected, lease));
      }
    } finally {
      const untilUs = Math.min(nowUs(), lease.aliveUntilUs);
      const holder = client.name;
      if (client.process.isAlive && untilUs > fromUs) {
        onTenure({ lock, holder, leaseId: lease.leaseId, fromUs, untilUs });
      }
    }
  }

  async #keepAlive({ store }: AspenClient, lease: HeldLease): Promise<void> {
    const { nowUs, onLeaseLost, client } = this.#options;
    const { leaseId, ttlMs } = lease;
    const sentUs = nowUs();
    try {
      await store.keepLeaseAlive(leaseId, { deadlineMs: ttlMs });
      lease.aliveUntilUs = this.#aliveUntilUs(sentUs, ttlMs);
    } catch (error) {
      if (AspenError.isCode(error, "not_found")) {
        onLeaseLost({ holder: client.name, leaseId, toldUs: nowUs(), aliveUntilUs: lease.aliveUntilUs });
      }
      throw error;
    }
  }

  #aliveUntilUs(sentUs: number, ttlMs: number): number {
    return sentUs + Math.floor((ttlMs * 1_000 * MILLION) / (MILLION + this.#options.driftPpmMax));
  }

  /** What goes wrong for a client is what it lives with; the next turn begins anew. */
  async #tolerate(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof AspenError)) throw error;
    }
  }
}

function acquisition(lock: string, holder: string, leaseId: LeaseId): TransactionCommand {
  const value = new TextEncoder().encode(holder);
  return {
    kind: "transaction",
    compares: [{ target: "version", key: lock, operator: "=", number: 0 }],
    success: [{ kind: "set", key: lock, value, leaseId }],
    failure: [],
  };
}
