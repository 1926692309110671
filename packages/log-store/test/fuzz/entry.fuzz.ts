import type { LogEntry } from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import { bytesOfHex, defineTarget, throwing } from "@aspenjs/fuzz";
import fc from "fast-check";
import { decodeEntry, encodeEntry } from "../../src/entry-codec.ts";
import { limits } from "../../src/limits.ts";

export const target = defineTarget<LogEntry>({
  name: "log-store/entry",
  decodes: "an entry on disk",
  covers: ["decodeEntry"],
  frameBytesMax: limits.entryBytesMax,
  seeds: () =>
    bytesOfHex(
      "0183010100",
      "018419012c1b001fffffffffffff0143010203",
      "01840207028482010281018082830162703181622f61830262703280",
    ),
  values: fc.record(
    {
      term: fc.maxSafeNat(),
      index: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      payload: fc.uint8Array({ maxLength: 24 }).map((command) => ({ kind: "command" as const, command })),
    },
    { noNullPrototype: true },
  ),
  decode: throwing(decodeEntry, DecodeError),
  encode: { form: "canonical", write: encodeEntry },
  canaries: [
    {
      name: "any version",
      file: "packages/log-store/src/entry-codec.ts",
      find: "if (version !== ENTRY_VERSION) throw",
      replace: "if (version === undefined) throw",
    },
  ],
});
