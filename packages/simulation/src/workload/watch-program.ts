import { AspenError, type Revision, type WatchBatch, type WatchFilter } from "@aspenjs/api";
import type { AspenClient } from "@aspenjs/client";
import type { SimulatedClient } from "../cluster/simulated-client.ts";
import type { SeededRandom } from "../random/seeded-random.ts";

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

const BATCHES_PER_CONNECTION_MAX = 60;
const PROGRESS_MS = 1_000;
const SLOW_MS_MAX = 3_000;
const RETRY_MS_MAX = 1_000;
/** One batch in so many is one that the reader thinks about. */
const SLOW_RATIO = 12;

/**
 * A program that follows what happens to its keys for as long as it lives: over many connections to whichever node
 * answers, now and then too slow for it, each time from where it had come.
 */
export class WatchProgram {
  readonly #options: WatchProgramOptions;
  readonly #random: SeededRandom;
  #nextRevision: Revision | undefined;

  constructor(options: WatchProgramOptions) {
    this.#options = options;
    this.#random = options.random;
  }

  get name(): string {
    return this.#options.client.name;
  }

  /** Everything up to this revision was told; `undefined` before it has begun. */
  get toldRevision(): Revision | undefined {
    return this.#nextRevision === undefined ? undefined : this.#nextRevision - 1;
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

  async #follow({ store }: AspenClient): Promise<void> {
    const { client, filter, nowUs, onBegun, onTold } = this.#options;
    const askedUs = nowUs();
    const from = this.#nextRevision === undefined ? {} : { fromRevision: this.#nextRevision };
    await using watch = await store.watch({ filter, ...from, withPrevious: true, progressEveryMs: PROGRESS_MS });
    if (this.#nextRevision === undefined) {
      onBegun({ watcher: this.name, fromRevision: watch.fromRevision, askedUs });
      this.#nextRevision = watch.fromRevision;
    }
    let batchesLeft = this.#random.below(BATCHES_PER_CONNECTION_MAX);
    for await (const batch of watch) {
      onTold({ watcher: this.name, filter, nextRevision: this.#nextRevision, batch });
      this.#nextRevision = batch.revision + 1;
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
      if (error.code !== "lagged" && error.code !== "compacted") return;
      this.#nextRevision = undefined;
      this.#options.onLagged();
    }
  }
}
