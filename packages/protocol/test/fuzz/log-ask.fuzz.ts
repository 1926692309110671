import { DecodeError } from "@aspenjs/codec";
import { bytesOfHex, defineTarget, throwing } from "@aspenjs/fuzz";
import { decodeLogAsk, encodeLogAsk, protocolLimits, type LogAsk } from "../../src/index.ts";
import { logAsk } from "../log-values.ts";

export const target = defineTarget<LogAsk>({
  name: "protocol/log-ask",
  decodes: "what a client asks of a log",
  covers: ["decodeLogAsk"],
  frameBytesMax: protocolLimits.logAskBytesMax,
  seeds: () => bytesOfHex("82f680", "820180", "8219012c8162612f", "82f6826161623b3b"),
  values: logAsk,
  decode: throwing(decodeLogAsk, DecodeError),
  encode: { form: "canonical", write: encodeLogAsk },
  canaries: [
    {
      name: "an entry before the first",
      file: "packages/protocol/src/log-frame.ts",
      find: 'cells.integer("fromIndex", 1)',
      replace: 'cells.integer("fromIndex", 0)',
    },
    {
      name: "cells behind what is asked",
      file: "packages/protocol/src/log-frame.ts",
      find: "  row.end();\n  return { fromIndex, keyPrefixes };",
      replace: "  return { fromIndex, keyPrefixes };",
    },
  ],
});
