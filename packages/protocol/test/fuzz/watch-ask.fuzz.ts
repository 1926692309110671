import { DecodeError } from "@aspenjs/codec";
import { bytesOfHex, defineTarget, throwing } from "@aspenjs/fuzz";
import { decodeWatchAsk, encodeWatchAsk, protocolLimits, type WatchAsk } from "../../src/index.ts";
import { watchAsk } from "../watch-values.ts";

export const target = defineTarget<WatchAsk>({
  name: "protocol/watch-ask",
  decodes: "what a client asks on a stream of watches",
  covers: ["decodeWatchAsk", "readWatchFilter"],
  frameBytesMax: protocolLimits.watchAskBytesMax,
  seeds: () => bytesOfHex("8500018202616bf6f4", "8500028200617007f5", "85000283016161616219012cf5", "820107"),
  values: watchAsk,
  decode: throwing(decodeWatchAsk, DecodeError),
  encode: { form: "canonical", write: encodeWatchAsk },
  canaries: [
    {
      name: "a kind that does not exist",
      file: "packages/protocol/src/watch-frame.ts",
      find: 'row.integer("kind", OPEN, CLOSE)',
      replace: 'row.integer("kind", OPEN)',
    },
    {
      name: "cells behind what is asked",
      file: "packages/protocol/src/watch-frame.ts",
      find: "  row.end();\n  return ask;",
      replace: "  return ask;",
    },
    {
      name: "a watch of the empty key",
      file: "packages/protocol/src/key-range.ts",
      find: 'return { kind: "key", key: readKey(row) };',
      replace: 'return { kind: "key", key: readBound(row, "key") };',
    },
  ],
});
