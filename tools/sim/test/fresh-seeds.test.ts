import { availableParallelism } from "node:os";
import { FAULTS, sumMetrics } from "@aspenjs/simulation";
import { describe, expect, test } from "vitest";
import { findOtherNode } from "../src/other-node.ts";
import { reportSeeds } from "../src/seed-report.ts";

const SEEDS = Number(process.env["ASPEN_SIM_SEEDS"] ?? 200);
/** Other seeds every day, unless somebody wants certain ones. */
const FIRST = Number(
  process.env["ASPEN_SIM_SEED_FIRST"] ?? 1 + (Math.floor(Date.now() / 86_400_000) % 20_000) * 100_000,
);
const CROSS_CHECKED = 24;
const FAULT_POINTS_KNOWN = 5;
const TIMEOUT_MS = 900_000;

const workerCount = availableParallelism();

function seedsFrom(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, position) => first + position);
}

describe(`seeds from ${FIRST} on`, () => {
  test(
    `${SEEDS} lives, each twice: nothing is violated, both do the same, and every fault strikes`,
    async () => {
      const results = await reportSeeds({ seeds: seedsFrom(FIRST, SEEDS), isTwice: true, workerCount });
      const violations = results.flatMap(({ seed, violation }) => {
        return violation === undefined ? [] : [`pnpm sim --seed ${seed}: ${violation.checker}: ${violation.message}`];
      });
      expect(violations).toEqual([]);
      const total = results.map(({ metrics }) => metrics).reduce(sumMetrics);
      console.log(JSON.stringify(total));
      const { faults, faultPoints, operations, ...counts } = total;
      for (const [name, count] of [counts, faults, faultPoints, operations].flatMap((part) => Object.entries(part))) {
        expect(count, `${name} was met`).toBeGreaterThan(0);
      }
      expect(Object.keys(faults).toSorted()).toEqual(FAULTS.map(({ name }) => name).toSorted());
      expect(Object.keys(faultPoints)).toHaveLength(FAULT_POINTS_KNOWN);
    },
    TIMEOUT_MS,
  );

  test(
    "another Node lives through the same",
    async (context) => {
      const other = findOtherNode();
      if (other.kind === "missing") return context.skip(other.reason);
      const seeds = seedsFrom(FIRST, CROSS_CHECKED);
      const here = await reportSeeds({ seeds, isTwice: false, workerCount });
      const there = await reportSeeds({ seeds, isTwice: false, workerCount, nodePath: other.path });
      const hashes = (results: typeof here) => results.map(({ seed, traceHash }) => `${seed} ${traceHash}`);
      expect(hashes(there)).toEqual(hashes(here));
    },
    TIMEOUT_MS,
  );
});
