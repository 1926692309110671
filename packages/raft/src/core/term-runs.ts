import { assert, type LogIndex, type Term, type TermRun } from "@aspenjs/api";

/**
 * The term of every entry behind a log's start, as runs: terms change rarely, so a whole log's terms fit a few
 * numbers and a question about a term never touches the disk.
 */
export class TermRuns {
  readonly #runs: TermRun[];

  constructor(runs: readonly TermRun[]) {
    this.#runs = [...runs];
  }

  /** `index` must not lie before the first run. */
  termAt(index: LogIndex): Term {
    const run = this.#runs[this.#positionOf(index)];
    assert(run !== undefined, "the index lies within the runs");
    return run.term;
  }

  append(index: LogIndex, term: Term): void {
    const last = this.#runs.at(-1);
    if (last !== undefined) assert(term >= last.term && index > last.firstIndex, "terms and indexes only grow");
    if (last?.term !== term) this.#runs.push({ term, firstIndex: index });
  }

  /** Forgets `from` and everything behind it. */
  truncate(from: LogIndex): void {
    while ((this.#runs.at(-1)?.firstIndex ?? 0) >= from) this.#runs.pop();
  }

  /** Forgets everything up to `through`; `last` is the last index that stays known. */
  purge(through: LogIndex, last: LogIndex): void {
    if (through >= last) {
      this.#runs.length = 0;
      return;
    }
    const position = this.#positionOf(through + 1);
    const run = this.#runs[position];
    assert(run !== undefined, "an entry behind the purged ones has a term");
    this.#runs.splice(0, position + 1, { term: run.term, firstIndex: Math.max(run.firstIndex, through + 1) });
  }

  #positionOf(index: LogIndex): number {
    let low = 0;
    let high = this.#runs.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#runs[middle]?.firstIndex ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
