/**
 * Deletes a range part by part, for ranges that hold more keys than one command may delete.
 *
 * D1  Every key that was there from beginning to end is deleted. Of those that are written meanwhile some may be, too.
 * D2  It ends, whatever others write: it goes forward through the range, once.
 * D3  A part is deleted wholly or not at all; the range as a whole is not.
 */
import type { KeyRange, KeyValueStore, Revision } from "@aspenjs/api";
import { limits } from "./limits.ts";

export interface RangeDeletionProgress {
  readonly deletedCount: number;
  readonly parts: number;
  readonly revision: Revision;
  readonly isInterrupted: boolean;
}

export interface RangeDeletionOptions {
  readonly store: KeyValueStore;
  readonly range: KeyRange;
  /** Ends it after the part that is on its way. */
  readonly signal: AbortSignal;
}

export class RangeDeletion {
  readonly #options: RangeDeletionOptions;
  #progress: RangeDeletionProgress = { deletedCount: 0, parts: 0, revision: 0, isInterrupted: false };

  constructor(options: RangeDeletionOptions) {
    this.#options = options;
  }

  /** Of parts that have arrived. */
  get progress(): RangeDeletionProgress {
    return this.#progress;
  }

  async run(): Promise<RangeDeletionProgress> {
    const { store, range, signal } = this.#options;
    const query = { range, limit: limits.deletePartKeys, keysOnly: true };
    let page = await store.scan(query);
    this.#progress = { ...this.#progress, revision: page.revision };
    for (;;) {
      const [first, last] = [page.entries.at(0), page.entries.at(-1)];
      if (first === undefined || last === undefined) return this.#progress;
      if (signal.aborted) return this.#interrupted();
      // The place right behind the last key: other keys of the page are between the two, and so is what joined them.
      await this.#delete({ kind: "range", start: first.key, end: `${last.key}\u0000` });
      if (page.continuation === undefined) return this.#progress;
      if (signal.aborted) return this.#interrupted();
      page = await store.scan({ ...query, continuation: page.continuation });
    }
  }

  async #delete(range: KeyRange): Promise<void> {
    const { deletedCount, revision } = await this.#options.store.write({ kind: "deleteRange", range });
    const before = this.#progress;
    this.#progress = {
      deletedCount: before.deletedCount + deletedCount,
      parts: before.parts + 1,
      revision,
      isInterrupted: false,
    };
  }

  #interrupted(): RangeDeletionProgress {
    this.#progress = { ...this.#progress, isInterrupted: true };
    return this.#progress;
  }
}
