import type { Revision, WatchBatch, WatchFilter } from "@aspenjs/api";
import type { AspenClient } from "@aspenjs/client";
import type { SimulatedClient } from "../cluster/simulated-client.ts";
import type { SeededRandom } from "../random/seeded-random.ts";
import { Following, FOLLOWING_PROGRESS_MS } from "./following.ts";

/** What a watcher was told, and where it stood before. */
export interface Told {
  readonly watcher: string;
  readonly filter: WatchFilter;
  readonly nextRevision: Revision;
  readonly batch: WatchBatch;
}

/** A watcher begins with what is new, having asked for it at this time. */
export interface WatchBeginning {
  readonly watcher: string;
  readonly fromRevision: Revision;
  readonly askedUs: number;
}

export interface WatchProgramOptions {
  readonly client: SimulatedClient;
  readonly random: SeededRandom;
  readonly filter: WatchFilter;
  readonly nowUs: () => number;
  readonly onBegun: (beginning: WatchBeginning) => void;
  readonly onTold: (told: Told) => void;
  /** It fell behind what is kept, and begins with what is new. */
  readonly onLagged: () => void;
}

/**
 * A program that follows what happens to its keys for as long as it lives: over many connections to whichever node
 * answers, now and then too slow for it, each time from where it had come.
 */
export class WatchProgram {
  readonly #options: WatchProgramOptions;
  readonly #following: Following;
  #nextRevision: Revision | undefined;

  constructor(options: WatchProgramOptions) {
    const { client, random, onLagged } = options;
    this.#options = options;
    this.#following = new Following({
      client,
      random,
      batchesPerConnectionMax: 60,
      slowRatio: 12,
      lagCodes: ["lagged", "compacted"],
      onLagged: () => {
        this.#nextRevision = undefined;
        onLagged();
      },
    });
  }

  get name(): string {
    return this.#options.client.name;
  }

  /** Everything up to this revision was told; `undefined` before it has begun. */
  get toldRevision(): Revision | undefined {
    return this.#nextRevision === undefined ? undefined : this.#nextRevision - 1;
  }

  run(): Promise<never> {
    return this.#following.run((connected) => this.#follow(connected));
  }

  async #follow({ store }: AspenClient): Promise<void> {
    const { filter, nowUs, onBegun, onTold } = this.#options;
    const askedUs = nowUs();
    const from = this.#nextRevision === undefined ? {} : { fromRevision: this.#nextRevision };
    await using watch = await store.watch({
      filter,
      ...from,
      withPrevious: true,
      progressEveryMs: FOLLOWING_PROGRESS_MS,
    });
    if (this.#nextRevision === undefined) {
      onBegun({ watcher: this.name, fromRevision: watch.fromRevision, askedUs });
      this.#nextRevision = watch.fromRevision;
    }
    let nextRevision = this.#nextRevision;
    await this.#following.read(watch, (batch) => {
      onTold({ watcher: this.name, filter, nextRevision, batch });
      nextRevision = batch.revision + 1;
      this.#nextRevision = nextRevision;
    });
  }
}
