import { expect, test } from "vitest";
import { PLAIN_STYLE } from "../style.ts";
import { textBytes } from "../../test/memory-host.ts";
import { isRoundGood, onceReport, type OnceResult } from "./once-report.ts";
import { countDifferences } from "./readback.ts";

const good: OnceResult = {
  keysWritten: 2,
  keysPerSecond: 1_000,
  killedNode: 1,
  failoverGapMs: 250.4,
  nodes: [
    { nodeId: 1, role: "follower", wasKilled: true, keys: 2, differences: 0, readMs: 10 },
    { nodeId: 2, role: "leader", wasKilled: false, keys: 2, differences: 0, readMs: 9 },
  ],
};

test("a round is good when every node gave back every key as it was written", () => {
  expect(isRoundGood(good)).toBe(true);
  const [first, second] = good.nodes;
  if (first === undefined || second === undefined) throw new Error("two nodes");
  expect(isRoundGood({ ...good, nodes: [first, { ...second, differences: 1 }] })).toBe(false);
  expect(isRoundGood({ ...good, nodes: [first, { ...second, keys: 1 }] })).toBe(false);
  expect(isRoundGood({ ...good, nodes: [] })).toBe(false);
});

test("the table names what was killed, how long nobody was answered, and the verdict", () => {
  const view = { style: PLAIN_STYLE, widthMax: undefined };
  expect(onceReport(good).table(view).split("\n")).toEqual([
    "NODE  KEYS  EQUAL  STATE                  TIME",
    "1        2  yes    follower, was killed  10 ms",
    "2        2  yes    leader                 9 ms",
    "",
    "2 keys written, 1,000/s; failover gap 250 ms; all equal",
  ]);
  expect(onceReport({ ...good, keysWritten: 3 }).table(view)).toContain("NO");
});

test("a missing key, another value and a key that nobody wrote are differences", () => {
  const pairs = [
    { key: "a", value: textBytes("1") },
    { key: "b", value: textBytes("2") },
  ];
  const found = (entries: Readonly<Record<string, string>>) =>
    new Map(Object.entries(entries).map(([key, value]) => [key, textBytes(value)]));
  expect(countDifferences(pairs, found({ a: "1", b: "2" }))).toBe(0);
  expect(countDifferences(pairs, found({ a: "1" }))).toBe(1);
  expect(countDifferences(pairs, found({ a: "1", b: "3" }))).toBe(1);
  expect(countDifferences(pairs, found({ a: "1", b: "2", c: "3" }))).toBe(1);
  expect(countDifferences(pairs, new Map())).toBe(2);
});
