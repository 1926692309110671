import fc from "fast-check";
import { expect, test } from "vitest";
import { TermRuns } from "./term-runs.ts";

type Step =
  | { readonly kind: "push"; readonly termStep: number }
  | { readonly kind: "truncate"; readonly back: number }
  | { readonly kind: "purge"; readonly ahead: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("push" as const), termStep: fc.integer({ min: 0, max: 2 }) }) },
  fc.record({ kind: fc.constant("truncate" as const), back: fc.integer({ min: 0, max: 6 }) }),
  fc.record({ kind: fc.constant("purge" as const), ahead: fc.integer({ min: 1, max: 6 }) }),
);

test("runs say the term of every entry, and nothing else, whatever happened to the log", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const runs = new TermRuns(10);
      let purged = 10;
      let terms: number[] = [];
      for (const action of steps) {
        if (action.kind === "push") {
          terms.push((terms.at(-1) ?? 1) + action.termStep);
          runs.push(terms.at(-1) ?? 1, purged + terms.length);
        } else if (action.kind === "truncate") {
          const kept = Math.max(0, terms.length - action.back);
          terms = terms.slice(0, kept);
          runs.truncateFrom(purged + kept + 1);
        } else {
          const dropped = Math.min(action.ahead, terms.length);
          terms = terms.slice(dropped);
          purged += dropped;
          runs.purgeThrough(purged);
        }
        const expected = terms.map((term, offset) => ({ term, firstIndex: purged + 1 + offset }));
        expect(runs.list).toEqual(expected.filter((run, at) => run.term !== expected[at - 1]?.term));
        for (const [offset, term] of terms.entries()) expect(runs.termAt(purged + 1 + offset)).toBe(term);
        expect([runs.termAt(purged), runs.termAt(purged + terms.length + 1)]).toEqual([undefined, undefined]);
      }
    }),
  );
});

test("a gap, and a term that goes back, are bugs of the caller", () => {
  const runs = new TermRuns(0);
  runs.push(3, 1);
  expect(() => runs.push(3, 3)).toThrow("does not follow");
  expect(() => runs.push(2, 2)).toThrow("older than its predecessor");
  expect(() => runs.purgeThrough(2)).toThrow("goes beyond");
});
