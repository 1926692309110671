import fc from "fast-check";
import { expect, test } from "vitest";
import { readUtf8, utf8Length, writeUtf8 } from "./utf8.ts";

/** Any units at all, whether they make sense or not. */
const units = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd7ff, max: 0xe000 }), fc.nat(0x90)), {
    maxLength: 80,
  })
  .map((codes) => String.fromCharCode(...codes));

test("any text has the length and the bytes that the platform gives it, and reads back mended", () => {
  fc.assert(
    fc.property(units, fc.nat(5), (text, offset) => {
      const byteLength = utf8Length(text);
      expect(byteLength).toBe(Buffer.byteLength(text));
      const target = new Uint8Array(offset + byteLength + 1).fill(7);
      writeUtf8(target, offset, text, byteLength);
      expect(Buffer.compare(target.subarray(offset, offset + byteLength), Buffer.from(text))).toBe(0);
      expect([...target.subarray(0, offset), target.at(-1)]).toEqual(Array.from({ length: offset + 1 }, () => 7));
      expect(readUtf8(target, offset, offset + byteLength)).toBe(text.toWellFormed());
    }),
    { numRuns: 2_000 },
  );
});

test("bytes are read exactly if the platform reads them without mending", () => {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const outcome = (read: () => string): string => {
        try {
          return `read ${read()}`;
        } catch {
          return "refused";
        }
      };
      expect(outcome(() => readUtf8(bytes, 0, bytes.byteLength))).toBe(outcome(() => strict.decode(bytes)));
    }),
    { numRuns: 2_000 },
  );
});
