import { expect, test } from "vitest";
import type { Canary } from "@aspenjs/canary";
import type { SeedCrash } from "../src/farm-message.ts";
import { runSeeds, type SeedFarmOptions } from "../src/seed-farm.ts";

const BROKEN: Canary = {
  name: "a simulation that breaks",
  file: "packages/simulation/src/run/run.ts",
  find: "  await prepareProcess();\n",
  replace: '  await prepareProcess();\n  if (options.seed === 1) throw new Error("broken by hand");\n',
};

test("a seed that breaks the simulation is told with its stack, and the others are lived through", async () => {
  const lived: number[] = [];
  const crashes: SeedCrash[] = [];
  const options: SeedFarmOptions = {
    seeds: [1, 2],
    choices: { chaosMs: 500, nodeCount: 1, clientCount: 1, faults: [] },
    workerCount: 1,
    isTwice: false,
    canary: BROKEN,
    onResult: ({ seed }) => lived.push(seed) > 0,
  };
  await runSeeds({ ...options, onCrash: (crash) => void crashes.push(crash) });
  expect(lived).toEqual([2]);
  expect(crashes.map(({ seed }) => seed)).toEqual([1]);
  expect(crashes[0]?.error).toMatch(/broken by hand\n\s+at simulateRun .*run\.ts/);
  // Nobody must take a search for a good one because nobody listened.
  await expect(runSeeds(options)).rejects.toThrow("seed 1 breaks the simulation");
  expect(lived).toEqual([2, 2]);
}, 120_000);
