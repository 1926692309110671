import { defineTarget, optional } from "@aspenjs/fuzz";
import { bytesOf, textOf } from "@aspenjs/fuzz/text-bytes";
import fc from "fast-check";
import { decodeHex, encodeHex } from "../../src/hex.ts";
import { protocolLimits } from "../../src/limits.ts";

export const target = defineTarget<Uint8Array>({
  name: "protocol/hex",
  decodes: "hex text",
  covers: ["decodeHex"],
  frameBytesMax: 2 * protocolLimits.secretBytesMax,
  seeds: () => ["", "00", "000102030405060708090a0b0c0d0e0f"].map(bytesOf),
  values: fc.uint8Array({ maxLength: 24 }),
  decode: optional((bytes) => decodeHex(textOf(bytes))),
  encode: { form: "canonical", write: (bytes) => bytesOf(encodeHex(bytes)) },
  canaries: [
    {
      name: "upper case",
      file: "packages/protocol/src/hex.ts",
      find: "const HEX = /^(?:[0-9a-f]{2})*$/;",
      replace: "const HEX = /^(?:[0-9a-f]{2})*$/i;",
    },
  ],
});
