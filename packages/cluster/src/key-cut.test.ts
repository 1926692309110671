import { compareKeys, limits, utf8ByteLength, type KeyRange } from "@aspenjs/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VisibleKeys } from "./key-cut.ts";

/** With the neighbours of what UTF-16 orders otherwise, of surrogates, and of the end of all text. */
const CHARACTERS = ["\u0000", "\u0001", "a", "b", "\uD7FF", "\uE000", "\uFFFF", "\u{10000}", "\u{10FFFF}"];
const text = fc.array(fc.constantFrom(...CHARACTERS), { maxLength: 4 }).map((characters) => characters.join(""));
const prefixes = fc.array(text, { maxLength: 4 });
const range: fc.Arbitrary<KeyRange> = fc.oneof(
  text.map((prefix) => ({ kind: "prefix" as const, prefix })),
  fc.record({ kind: fc.constant("range" as const), start: text, end: text }),
);

function isIn(key: string, range: KeyRange | undefined): boolean {
  if (range === undefined) return false;
  if (range.kind === "prefix") return key.startsWith(range.prefix);
  return compareKeys(key, range.start) >= 0 && compareKeys(key, range.end) < 0;
}

/** The oracle: what a prefix means, one after the other. */
function isVisible(key: string, keyPrefixes: readonly string[]): boolean {
  if (key.startsWith("\u0000")) return false;
  return keyPrefixes.length === 0 || keyPrefixes.some((prefix) => key.startsWith(prefix));
}

describe("what is visible of keys", () => {
  test("keys are visible as their prefixes say, and system keys never", () => {
    fc.assert(
      fc.property(prefixes, text, (keyPrefixes, key) => {
        expect(new VisibleKeys(keyPrefixes).has(key)).toBe(isVisible(key, keyPrefixes));
      }),
      { numRuns: 2_000 },
    );
  });

  test("a range that is cut holds the same visible keys, and no others than before", () => {
    fc.assert(
      fc.property(prefixes, range, fc.array(text, { minLength: 10, maxLength: 40 }), (keyPrefixes, whole, keys) => {
        const cut = new VisibleKeys(keyPrefixes).cut(whole);
        for (const key of keys) {
          if (isVisible(key, keyPrefixes)) expect(isIn(key, cut)).toBe(isIn(key, whole));
          else if (!isIn(key, whole)) expect(isIn(key, cut)).toBe(false);
        }
        if (cut === undefined) return;
        // Both ends reach a prefix: there could be a visible key at each of them.
        const start = cut.kind === "prefix" ? cut.prefix : cut.start;
        const isWithin = (bound: string) =>
          keyPrefixes.length === 0 || keyPrefixes.some((prefix) => bound.startsWith(prefix) || bound === "\u0001");
        expect(isWithin(start)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  test.each<[readonly string[], KeyRange, KeyRange | undefined]>([
    [["a/"], { kind: "prefix", prefix: "a/b" }, { kind: "prefix", prefix: "a/b" }],
    [["a/"], { kind: "prefix", prefix: "" }, { kind: "prefix", prefix: "a/" }],
    [["a/"], { kind: "prefix", prefix: "b" }, undefined],
    [["a/"], { kind: "range", start: "a", end: "z" }, { kind: "prefix", prefix: "a/" }],
    [["a/"], { kind: "range", start: "a/m", end: "zebra" }, { kind: "range", start: "a/m", end: "a0" }],
    [["a/"], { kind: "range", start: "aardvark", end: "a/m" }, undefined],
    [["a/"], { kind: "range", start: "Aardvark", end: "a/m" }, { kind: "range", start: "a/", end: "a/m" }],
    [["c", "a/"], { kind: "prefix", prefix: "" }, { kind: "range", start: "a/", end: "d" }],
    [["c", "a/"], { kind: "range", start: "a/x", end: "cc" }, { kind: "range", start: "a/x", end: "cc" }],
    [["a", "ab"], { kind: "prefix", prefix: "" }, { kind: "prefix", prefix: "a" }],
    [[], { kind: "range", start: "\u0000x", end: "b" }, { kind: "range", start: "\u0001", end: "b" }],
    [[], { kind: "range", start: "\u0000x", end: "\u0000y" }, undefined],
    [[], { kind: "prefix", prefix: "" }, { kind: "prefix", prefix: "" }],
  ])("of %j, %j becomes %j", (keyPrefixes, whole, cut) => {
    expect(new VisibleKeys(keyPrefixes).cut(whole)).toEqual(cut);
  });

  test("the end of all text is behind every key, and a legal bound", () => {
    const top = "\u{10FFFF}";
    const cut = new VisibleKeys([top]).cut({ kind: "range", start: `${top}a`, end: top.repeat(500) });
    expect(cut).toMatchObject({ kind: "range", start: `${top}a` });
    const end = cut?.kind === "range" ? cut.end : "";
    expect(compareKeys(top.repeat(limits.keyBytesMax / 4), end)).toBeLessThan(0);
    expect(utf8ByteLength(end)).toBeLessThanOrEqual(limits.rangeBoundBytesMax);
  });
});
