import { isWatched, type WatchFilter } from "@aspenjs/api";
import fc from "fast-check";
import { expect, test } from "vitest";
import { WatchIndex } from "./watch-index.ts";

const text = fc.string({ unit: fc.constantFrom("a", "b", "\uFFFD", "\u{1F332}"), maxLength: 3 });
const key = text.filter((name) => name !== "");
const filter: fc.Arbitrary<WatchFilter> = fc.oneof(
  key.map((name) => ({ kind: "key" as const, key: name })),
  text.map((prefix) => ({ kind: "prefix" as const, prefix })),
  fc.tuple(text, text).map(([start, end]) => ({ kind: "range" as const, start, end })),
);

test("whoever watches a key is found, each once, however watches come and go", () => {
  const step = fc.record({ filter, removes: fc.option(fc.nat(), { nil: undefined }), key });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const index = new WatchIndex<number>();
      const watchers = new Map<number, WatchFilter>();
      for (const [number, { filter: added, removes, key: wanted }] of steps.entries()) {
        index.add(added, number);
        watchers.set(number, added);
        const removed = removes === undefined ? undefined : [...watchers][removes % watchers.size];
        if (removed !== undefined) {
          index.remove(removed[1], removed[0]);
          watchers.delete(removed[0]);
        }
        const found: number[] = [];
        index.forEachMatch(wanted, (watcher) => found.push(watcher));
        const expected = [...watchers].filter(([, other]) => isWatched(other, wanted)).map(([other]) => other);
        expect(found.toSorted((left, right) => left - right)).toEqual(expected);
        expect(index.size).toBe(watchers.size);
        expect(index.watchers().toSorted((left, right) => left - right)).toEqual([...watchers.keys()]);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("a key costs the watchers that it has, not those that there are", () => {
  const index = new WatchIndex<number>();
  const count = 20_000;
  for (let number = 0; number < count; number += 1) {
    const name = String(number).padStart(6, "0");
    index.add({ kind: "prefix", prefix: `${name}/` }, number);
    index.add({ kind: "range", start: `${name}/`, end: `${name}0` }, count + number);
  }
  let told = 0;
  for (let number = 0; number < count; number += 1) {
    index.forEachMatch(`${String(number).padStart(6, "0")}/k`, () => (told += 1));
  }
  // Were all of them asked for each key, this would be 800 million questions and not end in time.
  expect(told).toBe(2 * count);
});
