import {
  assert,
  HARD_STATE_ZERO,
  LOG_ID_ZERO,
  type LogEntry,
  type LogReadOutcome,
  type LogState,
  type TermRun,
} from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { entryByteLength, RaftLog } from "./raft-log.ts";

function entry(term: number, index: number): LogEntry {
  return { term, index, payload: { kind: "command", command: new Uint8Array(84) } };
}

/** A store that holds entries of these terms behind `purged`, and can be read nowhere else. */
class StoredEntries {
  readonly entries: LogEntry[];
  readonly purged: number;

  constructor(purged: number, terms: readonly number[]) {
    this.purged = purged;
    this.entries = terms.map((term, position) => entry(term, purged + 1 + position));
  }

  read(from: number, to: number): LogReadOutcome {
    if (from <= this.purged) return { kind: "purged", purged: { term: 1, index: this.purged } };
    assert(to <= (this.entries.at(-1)?.index ?? this.purged) + 1, "only what the store holds is read");
    return { kind: "entries", entries: this.entries.filter(({ index }) => index >= from && index < to) };
  }
}

function logOf(terms: readonly number[], purged = LOG_ID_ZERO): RaftLog {
  const store = new StoredEntries(purged.index, terms);
  const last = store.entries.at(-1) ?? purged;
  const state: LogState = {
    hardState: HARD_STATE_ZERO,
    purged,
    last: { term: last.term, index: last.index },
    committed: purged.index,
  };
  const runs: TermRun[] = [];
  for (const { term, index } of store.entries) {
    if (runs.at(-1)?.term !== term) runs.push({ term, firstIndex: index });
  }
  return new RaftLog(store, state, runs);
}

function indexes(outcome: LogReadOutcome): readonly number[] {
  return outcome.kind === "entries" ? outcome.entries.map(({ index }) => index) : [];
}

describe("terms and ids (R2)", () => {
  test("are known from the purge point to the end, and nowhere else", () => {
    const log = logOf([2, 2, 5], { term: 1, index: 3 });
    expect([2, 3, 4, 5, 6, 7].map((index) => log.termAt(index))).toEqual([undefined, 1, 2, 2, 5, undefined]);
    expect(log.has({ term: 2, index: 4 })).toBe(true);
    expect(log.has({ term: 5, index: 4 })).toBe(false);
    expect(() => log.logIdAt(7)).toThrow("knows this index");
  });

  test("entries are contiguous and terms never decrease", () => {
    const log = logOf([2]);
    expect(() => log.appendEntry(entry(2, 3))).toThrow("contiguous");
    expect(() => log.appendEntry(entry(1, 2))).toThrow("never decrease");
    expect(log.appendEntry(entry(2, 2))).toEqual({ term: 2, index: 2 });
  });
});

describe("truncation", () => {
  test("takes entries of store and step alike", () => {
    const log = logOf([1, 1, 2]);
    log.append(2, { kind: "blank" });
    log.truncate(3);
    expect(log.last).toEqual({ term: 1, index: 2 });
    expect(log.takeFresh()).toEqual([]);
    log.append(3, { kind: "blank" });
    expect(log.takeFresh().map(({ index, term }) => [index, term])).toEqual([[3, 3]]);
  });

  test("reaches neither what is purged nor what is not there", () => {
    const log = logOf([2, 2], { term: 1, index: 3 });
    expect(() => log.truncate(3)).toThrow("purged");
    expect(() => log.truncate(6)).toThrow("only what is there");
    log.truncate(4);
    expect(log.last).toEqual({ term: 1, index: 3 });
  });
});

describe("the last possible match (R2, catalogue 21)", () => {
  test.each([
    { asked: { term: 4, index: 9 }, answer: { term: 4, index: 7 } },
    { asked: { term: 4, index: 6 }, answer: { term: 4, index: 6 } },
    { asked: { term: 3, index: 7 }, answer: { term: 2, index: 5 } },
    { asked: { term: 1, index: 7 }, answer: { term: 1, index: 3 } },
    { asked: { term: 9, index: 5 }, answer: { term: 2, index: 5 } },
  ])("below $asked.index of term $asked.term is $answer.index of term $answer.term", ({ asked, answer }) => {
    const log = logOf([2, 2, 4, 4], { term: 1, index: 3 });
    expect(log.lastPossibleMatch(asked)).toEqual(answer);
  });
});

describe("reading entries (R12)", () => {
  test("comes from the step as long as the store was not handed them, and stops at the seam", () => {
    const log = logOf([1, 1, 1]);
    log.append(2, { kind: "blank" });
    log.append(2, { kind: "blank" });
    expect(indexes(log.entriesBehind(1, 100, 100_000))).toEqual([2, 3]);
    expect(indexes(log.entriesBehind(3, 100, 100_000))).toEqual([4, 5]);
    expect(indexes(log.entriesBehind(5, 100, 100_000))).toEqual([]);
  });

  test("is bounded by count and by bytes, but gives one entry at least", () => {
    const log = logOf([]);
    for (let index = 1; index <= 4; index += 1) log.appendEntry(entry(1, index));
    expect(entryByteLength(entry(1, 1))).toBe(100);
    expect(indexes(log.entriesBehind(0, 2, 100_000))).toEqual([1, 2]);
    expect(indexes(log.entriesBehind(0, 100, 350))).toEqual([1, 2, 3]);
    expect(indexes(log.entriesBehind(0, 100, 1))).toEqual([1]);
  });

  test("says so when the entries are purged", () => {
    const log = logOf([2], { term: 1, index: 3 });
    expect(log.entriesBehind(1, 10, 1_000).kind).toBe("purged");
  });
});

describe("purge and reset (R5)", () => {
  test("a purge keeps the id of the last purged entry", () => {
    const log = logOf([1, 1, 2]);
    expect(log.purge(2)).toEqual({ term: 1, index: 2 });
    expect(log.purged).toEqual({ term: 1, index: 2 });
    expect(log.termAt(3)).toBe(2);
  });

  test("after a reset nothing is left but the place", () => {
    const log = logOf([1, 1, 2]);
    log.append(3, { kind: "blank" });
    log.reset({ term: 5, index: 9 });
    expect([log.purged, log.last]).toEqual(Array.from([1, 2], () => ({ term: 5, index: 9 })));
    expect(log.takeFresh()).toEqual([]);
    expect(log.append(5, { kind: "blank" })).toEqual({ term: 5, index: 10 });
  });
});
