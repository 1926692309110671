import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase32, encodeBase32 } from "./base32.ts";

describe("base32", () => {
  // RFC 4648 section 10, in lower case and without padding.
  test.each([
    ["", ""],
    ["f", "my"],
    ["fo", "mzxq"],
    ["foo", "mzxw6"],
    ["foob", "mzxw6yq"],
    ["fooba", "mzxw6ytb"],
    ["foobar", "mzxw6ytboi"],
  ])("%j is %j", (plain, encoded) => {
    expect(encodeBase32(Buffer.from(plain))).toBe(encoded);
    expect(decodeBase32(encoded)).toEqual(Uint8Array.from(Buffer.from(plain)));
  });

  test("bytes have one text, and any other text is refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(decodeBase32(encodeBase32(bytes))).toEqual(bytes);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "b", "z", "2", "7"), maxLength: 20 }), (text) => {
        const bytes = decodeBase32(text);
        if (bytes !== undefined) expect(encodeBase32(bytes)).toBe(text);
      }),
    );
  });

  test.each(["MY", "m1", "my======", "mz", "m", "mzx", "m y", "mý"])("%j is refused", (text) => {
    expect(decodeBase32(text)).toBeUndefined();
  });
});
