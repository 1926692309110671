import { availableParallelism } from "node:os";
import { FAULTS, OPERATIONS, sumMetrics } from "@aspenjs/simulation";
import { beforeAll, describe, expect, test } from "vitest";
import type { SeedResult } from "../src/farm-message.ts";
import { findOtherNode } from "../src/other-node.ts";
import { reportSeeds } from "../src/seed-report.ts";

const SEEDS = Number(process.env["ASPEN_SIM_SEEDS"] ?? 200);
/** Other seeds every day, unless somebody wants certain ones. */
const FIRST = Number(
  process.env["ASPEN_SIM_SEED_FIRST"] ?? 1 + (Math.floor(Date.now() / 86_400_000) % 20_000) * 100_000,
);
const FAULT_POINTS_KNOWN = 5;
const TIMEOUT_MS = 900_000;

const workerCount = availableParallelism();

const SEED_LIST = Array.from({ length: SEEDS }, (_, position) => FIRST + position);

describe(`seeds from ${FIRST} on`, () => {
  let results: readonly SeedResult[] = [];

  beforeAll(async () => {
    results = await reportSeeds({ seeds: SEED_LIST, isTwice: true, workerCount });
  }, TIMEOUT_MS);

  test(`${SEEDS} lives, each twice: nothing is violated, and both do the same`, () => {
    const violations = results.flatMap(({ seed, violation }) => {
      return violation === undefined ? [] : [`pnpm sim --seed ${seed}: ${violation.checker}: ${violation.message}`];
    });
    expect(violations).toEqual([]);
    expect(results).toHaveLength(SEEDS);
  });

  test("every fault, fault point and operation was met", () => {
    const total = results.map(({ metrics }) => metrics).reduce(sumMetrics);
    console.log(JSON.stringify(total));
    const { faults, faultPoints, operations, ...counts } = total;
    for (const [name, count] of [counts, faults, faultPoints, operations].flatMap((part) => Object.entries(part))) {
      expect(count, `${name} was met`).toBeGreaterThan(0);
    }
    expect(Object.keys(faults).toSorted()).toEqual(FAULTS.map(({ name }) => name).toSorted());
    expect(Object.keys(operations).toSorted()).toEqual(OPERATIONS.toSorted());
    expect(Object.keys(faultPoints)).toHaveLength(FAULT_POINTS_KNOWN);
  });

  test(
    "another Node lives through the same",
    async (context) => {
      const other = findOtherNode();
      if (other.kind === "missing") return context.skip(other.reason);
      const there = await reportSeeds({ seeds: SEED_LIST, isTwice: false, workerCount, nodePath: other.path });
      const hashes = (all: readonly SeedResult[]) => all.map(({ seed, traceHash }) => `${seed} ${traceHash}`);
      expect(hashes(there)).toEqual(hashes(results));
    },
    TIMEOUT_MS,
  );
});
