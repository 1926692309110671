import type { Revision } from "../key-value-entry.ts";
import type { Watch, WatchBatch } from "../watch.ts";

/** A watch by what a view makes of its batches; in all else it is the watch. */
export interface WatchView<Batch> extends AsyncIterable<Batch, undefined>, AsyncDisposable {
  readonly fromRevision: Revision;
  close(): Promise<void>;
}

/** A batch that cannot be seen so ends the watch, and the reader is told why: skipping it would be a gap. */
export function viewOfWatch<Batch>(watch: Watch, view: (batch: WatchBatch) => Batch): WatchView<Batch> {
  return new MappedWatch(watch, view);
}

class MappedWatch<Batch> implements WatchView<Batch> {
  readonly fromRevision: Revision;
  readonly #watch: Watch;
  readonly #view: (batch: WatchBatch) => Batch;

  constructor(watch: Watch, view: (batch: WatchBatch) => Batch) {
    this.fromRevision = watch.fromRevision;
    this.#watch = watch;
    this.#view = view;
  }

  close(): Promise<void> {
    return this.#watch.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<Batch, undefined> {
    const batches = this.#watch[Symbol.asyncIterator]();
    return {
      next: async () => {
        const { done, value } = await batches.next();
        if (done === true || value === undefined) return { done: true, value: undefined };
        try {
          return { done: false, value: this.#view(value) };
        } catch (error) {
          await this.close();
          throw error;
        }
      },
      return: async () => {
        await this.close();
        return { done: true, value: undefined };
      },
    };
  }
}
