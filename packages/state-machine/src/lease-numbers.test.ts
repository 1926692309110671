import { limits } from "@aspenjs/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LeaseNumbers } from "./lease-numbers.ts";

const { leaseIdMax } = limits;
const leaseId = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 12 }) },
  { weight: 1, arbitrary: fc.integer({ min: leaseIdMax - 4, max: leaseIdMax }) },
);

function firstFreeOf(taken: ReadonlySet<number>, first: number): number {
  let candidate = first;
  while (taken.has(candidate)) candidate = candidate === leaseIdMax ? 1 : candidate + 1;
  return candidate;
}

describe("the numbers of leases", () => {
  test("are those of a set, in order, and the first free one is the one that counting finds", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(leaseId, { maxLength: 10 }),
        fc.array(leaseId, { maxLength: 30 }),
        leaseId,
        fc.nat({ max: 20 }),
        (initial, toggled, asked, countMax) => {
          const numbers = new LeaseNumbers(initial);
          const taken = new Set(initial);
          for (const number of toggled) {
            if (taken.delete(number)) numbers.delete(number);
            else {
              taken.add(number);
              numbers.add(number);
            }
          }
          const ordered = [...taken].sort((left, right) => left - right);
          expect(numbers.all()).toEqual(ordered);
          expect(numbers.above(asked, countMax)).toEqual(ordered.filter((number) => number > asked).slice(0, countMax));
          expect(numbers.firstFree(asked)).toBe(firstFreeOf(taken, asked));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("behind the last number comes the first", () => {
    expect(new LeaseNumbers([leaseIdMax]).firstFree(leaseIdMax)).toBe(1);
    expect(new LeaseNumbers([1, 2, leaseIdMax - 1, leaseIdMax]).firstFree(leaseIdMax - 1)).toBe(3);
    expect(new LeaseNumbers([]).firstFree(leaseIdMax)).toBe(leaseIdMax);
  });
});
