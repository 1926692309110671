import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AspenError } from "./aspen-error.ts";
import { assertUserKey, compareKeys, utf8ByteLength } from "./key.ts";
import { limits } from "./limits.ts";

/** Text whose characters come from both sides of every border at which UTF-8 and UTF-16 change. */
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom("a", "b", "\u0000", "\u007F", "\u0080", "\u07FF", "\u0800", "\uD7FF", "\uE000", "\uFEFF", "\uFFFD"),
    fc.constantFrom("\uFFFF", "\u{10000}", "\u{1F332}", "\u{1F468}\u200D\u{1F469}", "\u{10FFFF}"),
    fc.integer({ min: 0xe000, max: 0xffff }).map((codePoint) => String.fromCodePoint(codePoint)),
    fc.integer({ min: 0x10000, max: 0x10ffff }).map((codePoint) => String.fromCodePoint(codePoint)),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  ),
  maxLength: 12,
});

describe("compareKeys", () => {
  test("orders as the UTF-8 bytes do", () => {
    fc.assert(
      fc.property(text, text, (left, right) => {
        expect(Math.sign(compareKeys(left, right))).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
      }),
      { numRuns: 5_000 },
    );
  });

  test("orders as the UTF-8 bytes do when long texts differ late", () => {
    fc.assert(
      fc.property(text, text, text, (start, left, right) => {
        const [one, other] = [start + left, start + right];
        expect(Math.sign(compareKeys(one, other))).toBe(Buffer.compare(Buffer.from(one), Buffer.from(other)));
      }),
      { numRuns: 2_000 },
    );
  });

  test("is zero for equal texts only", () => {
    fc.assert(
      fc.property(text, text, (left, right) => {
        expect(compareKeys(left, right) === 0).toBe(left === right);
      }),
    );
  });

  test("differs from JavaScript's own order where it must", () => {
    const [tree, replacement] = ["\u{1F332}", "\uFFFD"];
    expect([replacement, tree].sort()).toEqual([tree, replacement]);
    expect([tree, replacement].sort(compareKeys)).toEqual([replacement, tree]);
  });
});

describe("utf8ByteLength", () => {
  test("is the length of the UTF-8 form", () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(utf8ByteLength(value)).toBe(Buffer.byteLength(value));
      }),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ["", 0],
    ["a", 1],
    ["\u0000", 1],
    ["é", 2],
    ["\uFFFD", 3],
    ["\u{1F332}", 4],
    ["a\u{1F332}b", 6],
  ])("%j has %i bytes", (value, byteLength) => {
    expect(utf8ByteLength(value)).toBe(byteLength);
  });
});

describe("assertUserKey", () => {
  const codeOf = (key: string): string | undefined => {
    try {
      assertUserKey(key);
    } catch (error) {
      return error instanceof AspenError ? error.code : "no AspenError";
    }
    return undefined;
  };

  test.each([
    ["an empty key", "", "invalid_request"],
    ["an unpaired high surrogate", "a\uD800", "invalid_request"],
    ["an unpaired low surrogate", "\uDC00a", "invalid_request"],
    ["surrogates in the wrong order", "\uDC00\uD800", "invalid_request"],
    ["the system prefix itself", "\u0000", "invalid_request"],
    ["a system key", "\u0000sessions", "invalid_request"],
    ["a long system key", "\u0000".repeat(2_000), "invalid_request"],
    ["one byte too many", "k".repeat(limits.keyBytesMax + 1), "key_too_large"],
    ["one byte too many, in two-byte characters", `${"é".repeat(limits.keyBytesMax / 2)}k`, "key_too_large"],
    ["one character", "k", undefined],
    ["U+0000 inside", "a\u0000b", undefined],
    ["U+0001 first", "\u0001", undefined],
    ["as long as may be", "k".repeat(limits.keyBytesMax), undefined],
    ["as long as may be, in four-byte characters", "\u{1F332}".repeat(limits.keyBytesMax / 4), undefined],
  ])("%s", (_name, key, code) => {
    expect(codeOf(key)).toBe(code);
  });

  test("says how large a key is and how large it may be", () => {
    expect(() => {
      assertUserKey("é".repeat(1_000));
    }).toThrow(expect.objectContaining({ details: { size: 2_000, max: limits.keyBytesMax }, retryable: false }));
  });
});
