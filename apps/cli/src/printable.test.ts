import fc from "fast-check";
import { expect, test } from "vitest";
import { printable } from "./printable.ts";

test("what a terminal would act upon is escaped", () => {
  expect(printable("a\u001b[31mb\n\r\t\u0000\u009b\u202e")).toBe("a\\u001b[31mb\\n\\r\\t\\u0000\\u009b\\u202e");
});

test("ordinary text of any script stays as it is", () => {
  expect(printable("Espe, осина, ポプラ, 🌲")).toBe("Espe, осина, ポプラ, 🌲");
});

test("no text can hold a control character or a line break afterwards", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
    }),
  );
});
