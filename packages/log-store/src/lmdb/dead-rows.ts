import { assert, type LogIndex } from "@aspenjs/api";
import type { IndexRange } from "../log-change.ts";

/**
 * Rows that no header names any more and that still take room. They are removed a bounded number at a time, so that
 * a large purge never becomes a large transaction; a crash in between only leaves more of them for the next start.
 */
export class DeadRows {
  #ranges: IndexRange[] = [];

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  add(range: IndexRange): void {
    if (range.first <= range.last) this.#ranges.push(range);
  }

  /** An index that was written again since it died is live: it stays. */
  take(countMax: number, live: IndexRange): readonly LogIndex[] {
    assert(countMax > 0, "a sweep removes at least one row");
    const taken: LogIndex[] = [];
    const waiting = this.#ranges.flatMap((range) => without(range, live));
    const rest: IndexRange[] = [];
    for (const range of waiting) {
      const last = Math.min(range.last, range.first + countMax - taken.length - 1);
      for (let index = range.first; index <= last; index += 1) taken.push(index);
      if (last < range.last) rest.push({ first: last + 1, last: range.last });
    }
    this.#ranges = rest;
    return taken;
  }
}

function without(range: IndexRange, live: IndexRange): readonly IndexRange[] {
  if (live.first > live.last || range.last < live.first || live.last < range.first) return [range];
  const below = { first: range.first, last: live.first - 1 };
  const above = { first: live.last + 1, last: range.last };
  return [below, above].filter(({ first, last }) => first <= last);
}
