import { expect, test } from "vitest";
import { historyViolations } from "./history-check.ts";
import type { Operation } from "./operation.ts";

type Interval = readonly [startedMs: number, endedMs: number];

function wrote([startedMs, endedMs]: Interval, key: string, value: string | undefined, revision?: number): Operation {
  return { startedMs, endedMs, change: { key, value, revision }, sight: undefined };
}

function saw([startedMs, endedMs]: Interval, revision: number, key: string, value?: string, of?: number): Operation {
  const found = new Map(value === undefined || of === undefined ? [] : [[key, { value, modRevision: of }]]);
  return { startedMs, endedMs, change: undefined, sight: { keys: [key], revision, found } };
}

const NEVER = Infinity;

test("what the revisions explain is linearizable, also when the calls overlap", () => {
  const history = [
    saw([0, 1], 0, "a"),
    wrote([2, 9], "a", "1", 2),
    wrote([2, 9], "b", "2", 1),
    saw([3, 4], 1, "a"),
    saw([3, 5], 2, "a", "1", 2),
    wrote([10, 11], "a", undefined, 3),
    saw([12, 13], 3, "a"),
    wrote([12, NEVER], "a", "3"),
    wrote([12, NEVER], "b", "4"),
    saw([14, 15], 4, "a", "3", 4),
  ];
  expect(historyViolations(history)).toEqual([]);
});

test.each<readonly [string, readonly Operation[], RegExp]>([
  ["two changes with one revision", [wrote([0, 1], "a", "1", 1), wrote([0, 1], "b", "2", 1)], /^H1: .*both took/],
  [
    "a change that took effect twice",
    [wrote([0, NEVER], "a", "1"), saw([1, 2], 1, "a", "1", 1), wrote([3, 4], "a", "2", 2), saw([5, 6], 3, "a", "1", 3)],
    /^H1: a = 1 took revision 1, and 3/,
  ],
  ["a value that nobody wrote", [saw([0, 1], 1, "a", "1", 1)], /^H2: .*nobody wrote/],
  ["a lost write", [wrote([0, 1], "a", "1", 1), saw([2, 3], 1, "a")], /^H2: .*was absent, after a = 1/],
  [
    "the write before the last",
    [wrote([0, 1], "a", "1", 1), wrote([2, 3], "a", "2", 2), saw([4, 5], 2, "a", "1", 1)],
    /^H2: .*was 1 of revision 1, after a = 2/,
  ],
  [
    "another value at a revision",
    [wrote([0, 1], "a", "1", 1), wrote([0, NEVER], "a", "2"), saw([2, 3], 1, "a", "2", 1)],
    /^H2: .*which is that of a = 1/,
  ],
  ["a stale read", [wrote([0, 1], "a", "1", 1), saw([2, 3], 0, "a")], /^H3: a call .* revision 0, after 1/],
  ["a write into the past", [saw([0, 1], 5, "b"), wrote([2, 3], "a", "1", 5)], /^H3: a = 1 took revision 5, after 5/],
  [
    "an effect before its call",
    [saw([0, 1], 3, "b"), wrote([2, NEVER], "a", "1"), saw([3, 4], 4, "a", "1", 2)],
    /^H3: a = 1 took revision 2, after 3/,
  ],
])("found: %s", (_name, history, expected) => {
  expect(historyViolations(history).join("\n")).toMatch(expected);
});
