import { limits as apiLimits, type KeyValuePair } from "@aspenjs/api";
import { defineTarget } from "@aspenjs/fuzz";
import { bytesOf } from "@aspenjs/fuzz/text-bytes";
import fc from "fast-check";
import { limits } from "../../src/limits.ts";
import { formatRecord, parseRecord } from "../../src/record-line.ts";

export const target = defineTarget<KeyValuePair>({
  name: "cli/record-line",
  decodes: "a line of an import",
  covers: ["parseRecord", "decodeText", "decodeBase64"],
  frameBytesMax: limits.importLineBytesMax,
  amplification: {
    times: 64,
    reason: "JSON is read whole before anything in it can be counted; the file is the user's own",
  },
  seeds: () => [
    bytesOf(formatRecord({ key: "k", value: bytesOf("text") })),
    bytesOf(formatRecord({ key: "ключ", value: Uint8Array.of(0xff, 0, 1) })),
    bytesOf('{"key":"k","value":"\\ud83d\\ude00"}'),
    bytesOf('{"key":"k","valueBase64":"AA=="}'),
  ],
  dictionary: ['"key"', '"value"', '"valueBase64"', "null", "\\ud800", "AA==", '"__proto__":', "{}", "[]", ","].map(
    bytesOf,
  ),
  values: fc.record(
    {
      key: fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((key) => !key.startsWith("\u0000")),
      value: fc.uint8Array({ maxLength: 24 }),
    },
    { noNullPrototype: true },
  ),
  decode: (bytes) => {
    const outcome = parseRecord(bytes);
    return outcome.kind === "bad" ? { kind: "refused" } : { kind: "value", value: outcome.pair };
  },
  encode: { form: "normal", write: (pair) => bytesOf(formatRecord(pair)) },
  check: ({ key, value }) => {
    if (!key.isWellFormed() || Buffer.byteLength(key) > apiLimits.keyBytesMax) throw new Error("no key");
    if (value.byteLength > apiLimits.valueBytesMax) throw new Error("a value that is too large");
  },
  canaries: [
    {
      name: "values with unpaired surrogates",
      file: "apps/cli/src/record-line.ts",
      find: "return text.isWellFormed() ? encodeText(text) :",
      replace: "return text.length >= 0 ? Buffer.from(text, 'utf16le') :",
    },
    {
      name: "JSON that is no object",
      file: "apps/cli/src/record-line.ts",
      find: 'typeof record === "object" && record !== null && !Array.isArray(record)',
      replace: 'typeof record === "object" && !Array.isArray(record)',
    },
  ],
});
