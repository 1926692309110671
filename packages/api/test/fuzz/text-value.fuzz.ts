import { defineTarget, throwing } from "@aspenjs/fuzz";
import { AspenError } from "../../src/aspen-error.ts";
import { limits } from "../../src/limits.ts";
import { decodeText, encodeText } from "../../src/views/text-codec.ts";

const SEEDS = ["", "a", "ключ", "\u{1F600}", "\uFEFFbehind a byte order mark", "\uFFFD", "\u0000", "é".repeat(512)];

export const target = defineTarget<string>({
  name: "api/text-value",
  decodes: "a value that is to be text",
  covers: ["decodeText"],
  frameBytesMax: limits.valueBytesMax,
  seeds: () => SEEDS.map(encodeText),
  decode: throwing(decodeText, AspenError),
  encode: { form: "canonical", write: encodeText },
  canaries: [
    {
      name: "malformed text is mended",
      file: "packages/api/src/views/text-codec.ts",
      find: '"utf-8", { fatal: true, ignoreBOM: true }',
      replace: '"utf-8", { fatal: false, ignoreBOM: true }',
    },
    {
      name: "a byte order mark is dropped",
      file: "packages/api/src/views/text-codec.ts",
      find: '"utf-8", { fatal: true, ignoreBOM: true }',
      replace: '"utf-8", { fatal: true, ignoreBOM: false }',
    },
  ],
});
