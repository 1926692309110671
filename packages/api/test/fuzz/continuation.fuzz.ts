import { defineTarget, throwing } from "@aspenjs/fuzz";
import { bytesOf, textOf } from "@aspenjs/fuzz/text-bytes";
import fc from "fast-check";
import { AspenError } from "../../src/aspen-error.ts";
import { decodeContinuation, encodeContinuation, type Continuation } from "../../src/continuation.ts";

export const target = defineTarget<Continuation>({
  name: "api/continuation",
  decodes: "the text with which a truncated scan goes on",
  covers: ["decodeContinuation"],
  frameBytesMax: 4_096,
  seeds: () =>
    ["a", "ключ", "\u{10FFFF}", "x".repeat(1_024)].map((after) =>
      bytesOf(encodeContinuation({ after, reverse: after.length % 2 === 0 })),
    ),
  values: fc.record(
    {
      after: fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((key) => !key.startsWith("\u0000")),
      reverse: fc.boolean(),
    },
    { noNullPrototype: true },
  ),
  dictionary: ["0100", "0101", "efbbbf", "00", "eda080"].map(bytesOf),
  decode: throwing((bytes) => decodeContinuation(textOf(bytes)), AspenError),
  encode: { form: "canonical", write: (continuation) => bytesOf(encodeContinuation(continuation)) },
  canaries: [
    {
      name: "a byte order mark is dropped",
      file: "packages/api/src/continuation.ts",
      find: "{ fatal: true, ignoreBOM: true }",
      replace: "{ fatal: true }",
    },
    {
      name: "any number is a direction",
      file: "packages/api/src/continuation.ts",
      find: "if (bytes[0] !== VERSION || (direction !== FORWARD && direction !== REVERSE)) throw malformed();",
      replace: "if (bytes[0] !== VERSION) throw malformed();",
    },
  ],
});
