import { describe, test } from "vitest";
import { RandomWorld } from "./random/random-world.ts";

/** Seeds that found a bug once; what it was stands beside them. Their lives change with the generator, so each bug has a scenario too. */
const REGRESSIONS: readonly (readonly [seed: number, bug: string])[] = [];

const SEED_COUNT = Number(process.env["RAFT_SEEDS"] ?? "1000");
const SEED_FIRST = Number(process.env["RAFT_SEED_FIRST"] ?? "1");
const SEEDS_PER_TEST = 25;
const TRACE_LINES = 60;

/** Runs one life; when it fails, runs it again with its steps written down. */
function live(seed: number): void {
  try {
    new RandomWorld(seed, false).live();
  } catch (error) {
    throw new Error(`seed ${seed} fails; its last steps:\n${lastSteps(seed)}`, { cause: error });
  }
}

function lastSteps(seed: number): string {
  const world = new RandomWorld(seed, true);
  try {
    world.live();
  } catch {
    return world.trace.slice(-TRACE_LINES).join("\n");
  }
  return "none: the second run did not fail, so the seed does not decide everything";
}

describe("random lives of a cluster keep R1, R2, R3, R4, R6, R10 and serve again after healing", () => {
  for (let first = SEED_FIRST; first < SEED_FIRST + SEED_COUNT; first += SEEDS_PER_TEST) {
    const last = Math.min(first + SEEDS_PER_TEST, SEED_FIRST + SEED_COUNT) - 1;
    test(`seeds ${first} to ${last}`, () => {
      for (let seed = first; seed <= last; seed += 1) live(seed);
    });
  }

  test.each(REGRESSIONS)("seed %i, which found: %s", (seed) => live(seed));
});
