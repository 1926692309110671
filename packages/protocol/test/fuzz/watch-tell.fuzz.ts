import { DecodeError } from "@aspenjs/codec";
import { bytesOfHex, defineTarget, throwing } from "@aspenjs/fuzz";
import { decodeWatchTell, encodeWatchTell, protocolLimits, type WatchTell } from "../../src/index.ts";
import { watchTell } from "../watch-values.ts";

export const target = defineTarget<WatchTell>({
  name: "protocol/watch-tell",
  decodes: "what a node tells on a stream of watches",
  covers: ["decodeWatchTell", "readKeyChange"],
  frameBytesMax: protocolLimits.watchTellBytesMax,
  amplification: { times: 4, reason: "a part of a revision has as many cells as a page of entries" },
  seeds: () =>
    bytesOfHex(
      "83000107",
      "85010107f5818300" + "86616b4105030902f6" + "f6",
      "85010107f4818301616b" + "86616b41050306010a",
      "850201" + "69" + "636f6d706163746564" + "617809",
      "820300",
      "85010107f580",
    ),
  values: watchTell,
  decode: throwing(decodeWatchTell, DecodeError),
  encode: { form: "canonical", write: encodeWatchTell },
  check: (tell) => {
    if (tell.kind === "changes" && tell.changes.length === 0) throw new Error("a part of a revision was empty");
  },
  canaries: [
    {
      name: "a part without changes",
      file: "packages/protocol/src/watch-frame.ts",
      find: 'if (changes.length === 0) throw new DecodeError("a part of a revision holds a change");',
      replace: "",
    },
    {
      name: "cells behind what is told",
      file: "packages/protocol/src/watch-frame.ts",
      find: "  row.end();\n  return tell;",
      replace: "  return tell;",
    },
    {
      name: "cells behind a change",
      file: "packages/protocol/src/watch-frame.ts",
      find: "  const previous = readOptionalEntry(row);\n  row.end();\n",
      replace: "  const previous = readOptionalEntry(row);\n",
    },
  ],
});
