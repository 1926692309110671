import { expect, test } from "vitest";
import { ratio } from "./ratio.ts";
import { SeededRandom } from "./seeded-random.ts";

test("a seed always gives the same numbers, on every machine", () => {
  const random = new SeededRandom(1);
  expect(Array.from({ length: 5 }, () => random.below(1_000))).toMatchInlineSnapshot(`
    [
      976,
      729,
      645,
      242,
      181,
    ]
  `);
});

test("children have nothing in common, and do not depend on what was drawn before", () => {
  const parent = new SeededRandom(5);
  const early = parent.child("a").below(2 ** 32);
  parent.below(10);
  expect(parent.child("a").below(2 ** 32)).toBe(early);
  expect(parent.child("b").below(2 ** 32)).not.toBe(early);
});

test("numbers are fair, and ratios come out as they say", () => {
  const random = new SeededRandom(9);
  const counts = new Map<number, number>();
  for (let index = 0; index < 30_000; index += 1) {
    const drawn = random.below(3);
    counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
  }
  for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  const hits = Array.from({ length: 20_000 }, () => random.chance(ratio(1, 4))).filter(Boolean).length;
  expect(Math.abs(hits - 5_000)).toBeLessThan(300);
  expect(random.shuffled([1, 2, 3, 4]).toSorted((left, right) => left - right)).toEqual([1, 2, 3, 4]);
});
