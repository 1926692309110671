import { compareKeys, type ScanQuery } from "@aspenjs/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { prefixEnd, scanBounds } from "./key-range.ts";

const nastyCharacter = fc.constantFrom(
  "\u0000",
  "\u0001",
  "a",
  "\ud7ff",
  "\ue000",
  "\uFFFF",
  "\u{10000}",
  "\u{10FFFF}",
);
const text = fc.oneof(
  fc.array(nastyCharacter, { maxLength: 4 }).map((characters) => characters.join("")),
  fc.string({ unit: "binary", maxLength: 6 }),
);

describe("prefixEnd", () => {
  test.each([
    ["a", "b"],
    ["a\u007f", "a\u0080"],
    ["a\ud7ff", "a\ue000"],
    ["a\uFFFF", "a\u{10000}"],
    ["a\u{10FFFF}", "b"],
    ["a\u{10FFFF}\u{10FFFF}", "b"],
    ["a\u0000", "a\u0001"],
  ])("of %j is %j", (prefix, end) => {
    expect(prefixEnd(prefix)).toBe(end);
  });

  test.each(["", "\u{10FFFF}", "\u{10FFFF}\u{10FFFF}"])("of %j is nothing", (prefix) => {
    expect(prefixEnd(prefix)).toBeUndefined();
  });

  test("a text lies between a prefix and its end exactly when it starts with it", () => {
    fc.assert(
      fc.property(text, text, fc.boolean(), (prefix, other, isExtended) => {
        const candidate = isExtended ? prefix + other : other;
        const end = prefixEnd(prefix);
        const isBetween = compareKeys(candidate, prefix) >= 0 && (end === undefined || compareKeys(candidate, end) < 0);
        expect(isBetween).toBe(candidate.startsWith(prefix));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("scanBounds", () => {
  const query = (options: Partial<ScanQuery>): ScanQuery => ({
    range: { kind: "prefix", prefix: "" },
    limit: 1,
    reverse: false,
    keysOnly: false,
    after: undefined,
    ...options,
  });

  test("hold exactly the user keys of the range that lie behind `after` in the scan's direction", () => {
    const range = fc.oneof(
      text.map((prefix) => ({ kind: "prefix" as const, prefix })),
      fc.tuple(text, text).map(([start, end]) => ({ kind: "range" as const, start, end })),
    );
    const after = fc.option(text, { nil: undefined });
    fc.assert(
      fc.property(range, after, fc.boolean(), text, (scanned, behind, reverse, key) => {
        if (key === "") return;
        const bounds = scanBounds(query({ range: scanned, after: behind, reverse }));
        const isInBounds =
          bounds !== undefined &&
          compareKeys(key, bounds.lower) >= 0 &&
          (bounds.upper === undefined || compareKeys(key, bounds.upper) < 0);
        const isInRange =
          scanned.kind === "prefix"
            ? key.startsWith(scanned.prefix)
            : compareKeys(key, scanned.start) >= 0 && compareKeys(key, scanned.end) < 0;
        const isAhead = behind === undefined || (reverse ? compareKeys(key, behind) < 0 : compareKeys(key, behind) > 0);
        expect(isInBounds).toBe(isInRange && isAhead && !key.startsWith("\u0000"));
      }),
      { numRuns: 3_000 },
    );
  });

  test("a limit out of bounds and text with an unpaired surrogate are bugs of the caller", () => {
    for (const limit of [-1, 1.5, 10_001, Number.NaN]) expect(() => scanBounds(query({ limit }))).toThrow("limit");
    expect(() => scanBounds(query({ after: "\ud800" }))).toThrow("surrogate");
    expect(() => scanBounds(query({ range: { kind: "prefix", prefix: "\udc00" } }))).toThrow("surrogate");
  });
});
