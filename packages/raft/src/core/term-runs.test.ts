import type { Term } from "@aspenjs/api";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TermRuns } from "./term-runs.ts";

type Change =
  | { readonly kind: "append"; readonly termsLater: number }
  | { readonly kind: "truncate"; readonly share: number }
  | { readonly kind: "purge"; readonly share: number };

const share = fc.double({ min: 0, max: 1, noNaN: true });
const changes: fc.Arbitrary<readonly Change[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant("append" as const), termsLater: fc.constantFrom(0, 0, 0, 1, 2) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("truncate" as const), share }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("purge" as const), share }) },
  ),
  { maxLength: 60 },
);

/** The same with one term per entry, which is slow and plainly right. */
class PlainTerms {
  readonly terms = new Map<number, Term>();
  purged = 0;
  last = 0;
  lastTerm = 1;
}

test("runs know the term of every entry through appends, truncations and purges (R2)", () => {
  fc.assert(
    fc.property(changes, (steps) => {
      const runs = new TermRuns([]);
      const plain = new PlainTerms();
      for (const step of steps) {
        apply(runs, plain, step);
        for (let index = plain.purged + 1; index <= plain.last; index += 1) {
          expect(runs.termAt(index)).toBe(plain.terms.get(index));
        }
      }
    }),
  );
});

test("terms and indexes only grow", () => {
  const runs = new TermRuns([{ term: 3, firstIndex: 5 }]);
  expect(() => runs.append(6, 2)).toThrow("only grow");
  expect(() => runs.append(5, 3)).toThrow("only grow");
});

test("runs that were read from a store go on where the store ended", () => {
  const runs = new TermRuns([
    { term: 1, firstIndex: 1 },
    { term: 4, firstIndex: 3 },
  ]);
  runs.append(5, 4);
  runs.append(6, 5);
  expect([1, 2, 3, 4, 5, 6].map((index) => runs.termAt(index))).toEqual([1, 1, 4, 4, 4, 5]);
});

function apply(runs: TermRuns, plain: PlainTerms, step: Change): void {
  const length = plain.last - plain.purged;
  switch (step.kind) {
    case "append":
      plain.last += 1;
      plain.lastTerm = Math.max(plain.lastTerm, plain.terms.get(plain.last - 1) ?? 0) + step.termsLater;
      plain.terms.set(plain.last, plain.lastTerm);
      runs.append(plain.last, plain.lastTerm);
      return;
    case "truncate": {
      if (length === 0) return;
      const from = plain.purged + 1 + Math.floor(step.share * (length - 1));
      plain.last = from - 1;
      runs.truncate(from);
      return;
    }
    case "purge": {
      plain.purged += Math.floor(step.share * length);
      runs.purge(plain.purged, plain.last);
      return;
    }
  }
}
