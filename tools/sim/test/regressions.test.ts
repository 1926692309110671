import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { reportSeeds } from "../src/seed-report.ts";

/**
 * Seeds that have shown something once, and what. A bug that a seed finds in the sources is fixed and its seed comes
 * here; until there is one, these are the seeds that were the first to find a planted bug that is hard to find. After a
 * change of the plans they are ordinary seeds.
 */
const SEEDS: readonly (readonly [seed: number, why: string])[] = [
  [2, "a retry that stands twice in the log"],
  [6, "a majority that is whole, with half-connected nodes around it"],
  [9, "a node that comes from a snapshot and must know the membership in it"],
  [13, "a follower whose log conflicts with its leader's"],
  [26, "an entry of an earlier term on a majority, and another one in its place"],
  [111, "a leader with a slow clock that is cut off, and lease reads"],
  [124, "a power cut right after the log was compacted"],
  [253, "a snapshot that got lost on its way"],
  [945, "a leader that a node which came back had once seen leave, and did not listen to"],
  [1_030, "a leader that had applied little when it was elected, and let log time stand still"],
  [1_200, "a read of what a node had applied when it died, and no other node yet"],
  [78_000_105, "a call that was still under way when the world ended"],
  [340, "a change from one set of voters to another while nodes die"],
];

test("seeds that have shown something once live well", async () => {
  const seeds = SEEDS.map(([seed]) => seed);
  const results = await reportSeeds({ seeds, isTwice: true, workerCount: availableParallelism() });
  expect(results.flatMap(({ seed, violation }) => (violation === undefined ? [] : [{ seed, violation }]))).toEqual([]);
}, 300_000);

test("a state in real SQLite files lives through the same seeds, twice alike", async () => {
  const seeds = SEEDS.slice(0, 4).map(([seed]) => seed);
  const results = await reportSeeds({ seeds, isTwice: true, workerCount: availableParallelism(), stateKind: "sqlite" });
  expect(results.flatMap(({ seed, violation }) => (violation === undefined ? [] : [{ seed, violation }]))).toEqual([]);
}, 300_000);
