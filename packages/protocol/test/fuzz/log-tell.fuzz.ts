import { DecodeError } from "@aspenjs/codec";
import { bytesOfHex, defineTarget, throwing } from "@aspenjs/fuzz";
import { decodeLogTell, encodeLogTell, protocolLimits, type LogTell } from "../../src/index.ts";
import { logTell } from "../log-values.ts";

export const target = defineTarget<LogTell>({
  name: "protocol/log-tell",
  decodes: "what a node tells of its log",
  covers: ["decodeLogTell", "readLegalMembership", "readLogAction"],
  frameBytesMax: protocolLimits.logTellBytesMax,
  seeds: () =>
    bytesOfHex(
      "820007",
      "83020709",
      "84036b" + "636f6d706163746564" + "617809",
      "840372" + "696e6465785f6e6f745f617661696c61626c65" + "617809",
      "8401070381" + "00",
      "84010703" + "8201" + "84" + "8101" + "80" + "80" + "81" + "83016170" + "80",
      "84010703" + "8502" + "07f6f4" + "850261" + "6b4107f4f6",
      "84010703" + "8502" + "07820102f5" + "83088200" + "62612f" + "f4",
    ),
  values: logTell,
  decode: throwing(decodeLogTell, DecodeError),
  encode: { form: "canonical", write: encodeLogTell },
  canaries: [
    {
      name: "cells behind what is told",
      file: "packages/protocol/src/log-frame.ts",
      find: "  row.end();\n  return tell;",
      replace: "  return tell;",
    },
    {
      name: "cells behind a record",
      file: "packages/protocol/src/log-frame.ts",
      find: "  cells.end();\n  return record;",
      replace: "  return record;",
    },
    {
      name: "cells behind the number of a write",
      file: "packages/protocol/src/log-frame.ts",
      find: "  cells.end();\n  return write;",
      replace: "  return write;",
    },
  ],
});
