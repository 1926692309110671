import type { LogBatch, LogIndex } from "@aspenjs/api";
import type { AspenClient } from "@aspenjs/client";
import type { SimulatedClient } from "../cluster/simulated-client.ts";
import type { SeededRandom } from "../random/seeded-random.ts";
import { Following, FOLLOWING_PROGRESS_MS } from "./following.ts";

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

/** An exporter: follows the log from its first entry for as long as it lives, over many connections. */
export class LogProgram {
  readonly #options: LogProgramOptions;
  readonly #following: Following;
  #nextIndex: LogIndex | undefined = 1;

  constructor(options: LogProgramOptions) {
    const { client, random, onLagged } = options;
    this.#options = options;
    this.#following = new Following({
      client,
      random,
      batchesPerConnectionMax: 200,
      slowRatio: 20,
      lagCodes: ["lagged", "index_not_available"],
      onLagged: () => {
        this.#nextIndex = undefined;
        onLagged();
      },
    });
  }

  run(): Promise<never> {
    return this.#following.run((connected) => this.#follow(connected));
  }

  async #follow({ log }: AspenClient): Promise<void> {
    const { client, onTold } = this.#options;
    const from = this.#nextIndex === undefined ? {} : { fromIndex: this.#nextIndex };
    await using subscription = await log.subscribe({ ...from, progressEveryMs: FOLLOWING_PROGRESS_MS });
    let nextIndex = (this.#nextIndex ??= subscription.fromIndex);
    await this.#following.read(subscription, (batch) => {
      onTold({ follower: client.name, nextIndex, ...batch });
      nextIndex = batch.throughIndex + 1;
      this.#nextIndex = nextIndex;
    });
  }
}
