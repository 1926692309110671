/** Every target as a property: the same checks as `pnpm fuzz`, with a fixed seed and few inputs. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadTarget, targetPlaces } from "../src/discovery.ts";
import { Examiner } from "../src/examiner.ts";
import { extremes } from "../src/extremes.ts";
import { nextInput } from "../src/next-input.ts";
import { regressionsOf } from "../src/regressions.ts";
import { SeededRandom } from "../src/seeded-random.ts";

const SEED = 20_261_123;
const MUTATED_INPUTS = 300;
const VALUES = 50;

const targets = await Promise.all(
  targetPlaces().map(async (place) => ({ name: place.name, place, target: await loadTarget(place) })),
);

test("there are targets", () => {
  expect(targets.length).toBeGreaterThan(50);
});

describe.each(targets)("$name", ({ name, place, target }) => {
  const examiner = new Examiner(target);
  const seeds = target.seeds();

  function expectNothing(inputs: readonly Uint8Array[]): void {
    const [finding] = examiner.examine(inputs);
    if (finding === undefined) return;
    const hex = Buffer.from(finding.input.subarray(0, 512)).toString("hex");
    throw new Error(`${finding.kind}: ${finding.message}\ninput: ${hex}\nsearch on: pnpm fuzz ${name} --seed ${SEED}`);
  }

  test("accepts what its encoder wrote, and survives the largest inputs", () => {
    expect(seeds.some((seed) => target.decode(seed).kind === "value")).toBe(true);
    expectNothing(seeds);
    for (const input of extremes(target.frameBytesMax, seeds[0] ?? new Uint8Array())) expectNothing([input]);
  });

  test("survives what it once did not", () => {
    for (const { file, bytes } of regressionsOf(place)) {
      expect(examiner.examine([bytes]), file).toEqual([]);
    }
  });

  test("survives mutations", () => {
    const property = fc.property(fc.integer(), (seed) => {
      expectNothing([nextInput(target, { seeds, found: [] }, new SeededRandom(seed))]);
    });
    fc.assert(property, { seed: SEED, numRuns: MUTATED_INPUTS, endOnFailure: true });
  });
});

const withValues = targets.flatMap(({ name, target }) => {
  return target.values === undefined ? [] : [{ name, target, values: target.values }];
});

test.each(withValues)("$name gives values back as they were", ({ target, values }) => {
  const examiner = new Examiner(target);
  const property = fc.property(values, (value) => {
    expect(examiner.examineValue(value)).toBeUndefined();
  });
  fc.assert(property, { seed: SEED, numRuns: VALUES });
});
