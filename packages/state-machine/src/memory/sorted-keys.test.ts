import { compareKeys } from "@aspenjs/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SortedKeys } from "./sorted-keys.ts";

describe("sorted keys", () => {
  test("many keys, added and deleted in any order, stay in order over all blocks", () => {
    const everyKey = Array.from({ length: 3_000 }, (_, i) => `${String.fromCodePoint(0xd000 + (i % 40) * 0x80)}${i}`);
    const names = everyKey.map((key) => (key.isWellFormed() ? key : `x${key.slice(1)}`));
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...new Set(names)], { minLength: 1_500 }),
        fc.integer({ min: 2, max: 9 }),
        fc.tuple(fc.constantFrom(...names), fc.option(fc.constantFrom(...names), { nil: undefined })),
        (added, keepEvery, [first, second]) => {
          const isInOrder = second === undefined || compareKeys(first, second) <= 0;
          const [lower, upper] = isInOrder ? [first, second] : [second, first];
          const keys = new SortedKeys();
          for (const key of added) keys.add(key);
          const kept = added.filter((_, position) => position % keepEvery === 0);
          for (const key of added) if (!kept.includes(key)) keys.delete(key);
          const expected = kept
            .filter((key) => compareKeys(key, lower) >= 0 && (upper === undefined || compareKeys(key, upper) < 0))
            .sort(compareKeys);
          expect([...keys.ascending({ lower, upper })]).toEqual(expected);
          expect([...keys.descending({ lower, upper })]).toEqual(expected.toReversed());
          expect(keys.count({ lower, upper })).toBe(expected.length);
        },
      ),
      { numRuns: 20 },
    );
  });

  test("an emptied set is an empty set", () => {
    const keys = new SortedKeys();
    const everything = { lower: "", upper: undefined };
    for (let i = 0; i < 1_200; i += 1) keys.add(String(i));
    for (let i = 0; i < 1_200; i += 1) keys.delete(String(i));
    expect([[...keys.ascending(everything)], [...keys.descending(everything)], keys.count(everything)]).toEqual([
      [],
      [],
      0,
    ]);
    keys.add("again");
    expect([...keys.ascending(everything)]).toEqual(["again"]);
  });
});
