import { AspenError, type LogBatch, type LogIndex } from "@aspenjs/api";
import type { AspenClient } from "@aspenjs/client";
import type { SimulatedClient } from "../cluster/simulated-client.ts";
import type { SeededRandom } from "../random/seeded-random.ts";

/** What a follower of the log was told, and where it stood before. */
export interface LogTold extends LogBatch {
  readonly follower: string;
  readonly nextIndex: LogIndex;
}

export interface LogProgramOptions {
  readonly client: SimulatedClient;
  readonly random: SeededRandom;
  readonly onTold: (told: LogTold) => void;
  /** No node had its next entry any more: it begins with what is new. */
  readonly onLagged: () => void;
}

const BATCHES_PER_CONNECTION_MAX = 200;
const PROGRESS_MS = 1_000;
const SLOW_MS_MAX = 3_000;
const RETRY_MS_MAX = 1_000;
/** One batch in so many is one that the reader thinks about. */
const SLOW_RATIO = 20;

/** An exporter: follows the log from its first entry for as long as it lives, over many connections. */
export class LogProgram {
  readonly #options: LogProgramOptions;
  readonly #random: SeededRandom;
  #nextIndex: LogIndex | undefined = 1;

  constructor(options: LogProgramOptions) {
    this.#options = options;
    this.#random = options.random;
  }

  async run(): Promise<never> {
    const { client } = this.#options;
    for (;;) {
      await this.#tolerate(async () => {
        const connected = await client.connect();
        try {
          await this.#tolerate(() => this.#follow(connected));
        } finally {
          await connected.close();
        }
      });
      await client.sleep(this.#random.below(RETRY_MS_MAX));
    }
  }

  async #follow({ log }: AspenClient): Promise<void> {
    const { client, onTold } = this.#options;
    const from = this.#nextIndex === undefined ? {} : { fromIndex: this.#nextIndex };
    await using subscription = await log.subscribe({ ...from, progressEveryMs: PROGRESS_MS });
    this.#nextIndex ??= subscription.fromIndex;
    let batchesLeft = this.#random.below(BATCHES_PER_CONNECTION_MAX);
    for await (const batch of subscription) {
      onTold({ follower: client.name, nextIndex: this.#nextIndex, ...batch });
      this.#nextIndex = batch.throughIndex + 1;
      if (batchesLeft === 0) break;
      batchesLeft -= 1;
      if (this.#random.below(SLOW_RATIO) === 0) await client.sleep(this.#random.below(SLOW_MS_MAX));
    }
  }

  /** What goes wrong for a client is what it lives with. */
  async #tolerate(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof AspenError)) throw error;
      if (error.code !== "lagged" && error.code !== "index_not_available") return;
      this.#nextIndex = undefined;
      this.#options.onLagged();
    }
  }
}
