import { AspenError, type ErrorCode } from "@aspenjs/api";
import type { AspenClient } from "@aspenjs/client";
import type { SimulatedClient } from "../cluster/simulated-client.ts";
import type { SeededRandom } from "../random/seeded-random.ts";

export interface FollowingOptions {
  readonly client: SimulatedClient;
  readonly random: SeededRandom;
  readonly batchesPerConnectionMax: number;
  /** One batch in so many is one that the reader thinks about. */
  readonly slowRatio: number;
  /** What says that it fell behind what is kept. */
  readonly lagCodes: readonly ErrorCode[];
  readonly onLagged: () => void;
}

export const FOLLOWING_PROGRESS_MS = 1_000;
const SLOW_MS_MAX = 3_000;
const RETRY_MS_MAX = 1_000;

/** Reads what never ends: over many connections to whichever node answers, now and then too slow for it. */
export class Following {
  readonly #options: FollowingOptions;

  constructor(options: FollowingOptions) {
    this.#options = options;
  }

  /** Until the client dies: what `follow` does on one connection, again and again. */
  async run(follow: (connected: AspenClient) => Promise<void>): Promise<never> {
    const { client, random } = this.#options;
    for (;;) {
      await this.#tolerate(async () => {
        const connected = await client.connect();
        try {
          await this.#tolerate(() => follow(connected));
        } finally {
          await connected.close();
        }
      });
      await client.sleep(random.below(RETRY_MS_MAX));
    }
  }

  /** As many batches as one connection lasts. */
  async read<Batch>(batches: AsyncIterable<Batch>, take: (batch: Batch) => void): Promise<void> {
    const { client, random, batchesPerConnectionMax, slowRatio } = this.#options;
    let batchesLeft = random.below(batchesPerConnectionMax);
    for await (const batch of batches) {
      take(batch);
      if (batchesLeft === 0) break;
      batchesLeft -= 1;
      if (random.below(slowRatio) === 0) await client.sleep(random.below(SLOW_MS_MAX));
    }
  }

  /** What goes wrong for a client is what it lives with. */
  async #tolerate(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof AspenError)) throw error;
      if (this.#options.lagCodes.includes(error.code)) this.#options.onLagged();
    }
  }
}
