import { assert, type LogIndex, type Term, type TermRun } from "@aspenjs/api";

/**
 * The term of every entry, in as much memory as there were terms. Runs ascend in index and in term; the entries they
 * cover are `firstIndex` to `lastIndex`, without a gap.
 */
export class TermRuns {
  #runs: TermRun[] = [];
  #lastIndex: LogIndex;

  /** Empty, in front of index `purgedIndex + 1`. */
  constructor(purgedIndex: LogIndex) {
    this.#lastIndex = purgedIndex;
  }

  get list(): readonly TermRun[] {
    return [...this.#runs];
  }

  push(term: Term, index: LogIndex): void {
    assert(index === this.#lastIndex + 1, `run index ${index} does not follow ${this.#lastIndex}`);
    const newest = this.#runs.at(-1);
    assert(newest === undefined || newest.term <= term, `term ${term} of entry ${index} is older than its predecessor`);
    if (newest === undefined || newest.term < term) this.#runs.push({ term, firstIndex: index });
    this.#lastIndex = index;
  }

  /** `undefined` when the index is not covered. */
  termAt(index: LogIndex): Term | undefined {
    if (index > this.#lastIndex) return undefined;
    // Newest first: nearly every question is about the end of the log.
    return this.#runs.findLast((run) => run.firstIndex <= index)?.term;
  }

  truncateFrom(from: LogIndex): void {
    if (from > this.#lastIndex) return;
    this.#runs = this.#runs.filter((run) => run.firstIndex < from);
    this.#lastIndex = from - 1;
  }

  purgeThrough(through: LogIndex): void {
    assert(through <= this.#lastIndex, `purge through ${through} goes beyond ${this.#lastIndex}`);
    const term = this.termAt(through + 1);
    const later = this.#runs.filter((run) => run.firstIndex > through + 1);
    this.#runs = term === undefined ? later : [{ term, firstIndex: through + 1 }, ...later];
  }
}
