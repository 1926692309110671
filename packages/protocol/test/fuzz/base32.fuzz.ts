import { defineTarget, optional } from "@aspenjs/fuzz";
import { bytesOf, textOf } from "@aspenjs/fuzz/text-bytes";
import fc from "fast-check";
import { decodeBase32, encodeBase32 } from "../../src/base32.ts";
import { protocolLimits } from "../../src/limits.ts";

export const target = defineTarget<Uint8Array>({
  name: "protocol/base32",
  decodes: "base32 text",
  covers: ["decodeBase32"],
  frameBytesMax: protocolLimits.ticketTextBytesMax,
  seeds: () => ["", "mztxw6y", "aa", "a7777777"].map(bytesOf),
  values: fc.uint8Array({ maxLength: 24 }),
  decode: optional((bytes) => decodeBase32(textOf(bytes))),
  encode: { form: "canonical", write: (bytes) => bytesOf(encodeBase32(bytes)) },
  canaries: [
    {
      name: "a whole character too many",
      file: "packages/protocol/src/base32.ts",
      find: "pendingBits >= BITS_PER_CHARACTER || pending !== 0",
      replace: "pending !== 0",
    },
  ],
});
