import type { LogEntry } from "@aspenjs/api";
import { bytesOfHex, defineTarget, throwing } from "@aspenjs/fuzz";
import fc from "fast-check";
import { DecodeError } from "../../src/decode-error.ts";
import { logEntryToRow, readLogEntry } from "../../src/log-entry-row.ts";
import { decodeRow, encodeRow } from "../../src/row.ts";
import { membership } from "./membership-values.ts";

const ENTRY_BYTES_MAX = 8 * 1_048_576 + 131_072;

const value: fc.Arbitrary<LogEntry> = fc.record(
  {
    term: fc.maxSafeNat(),
    index: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    payload: fc.oneof(
      fc.constant({ kind: "blank" as const }),
      fc.uint8Array({ maxLength: 40 }).map((command) => ({ kind: "command" as const, command })),
      membership.map((nodes) => ({ kind: "membership" as const, membership: nodes })),
    ),
  },
  { noNullPrototype: true },
);

export const target = defineTarget<LogEntry>({
  name: "codec/log-entry",
  decodes: "the row of one entry of the log",
  covers: ["readLogEntry", "readMembership", "readNodeRecord"],
  frameBytesMax: ENTRY_BYTES_MAX,
  seeds: () =>
    bytesOfHex(
      "83030700",
      "8403080143010203",
      "840001028482010281038104818301617082742f6970342f3132372e302e302e312f7463702f31692f6d656d6f72792f70",
    ),
  values: value,
  decode: throwing((bytes) => readLogEntry(decodeRow(bytes, ENTRY_BYTES_MAX)), DecodeError),
  encode: { form: "canonical", write: (entry) => encodeRow(logEntryToRow(entry)) },
  canaries: [
    {
      name: "cells behind the payload",
      file: "packages/codec/src/log-entry-row.ts",
      find: "  row.end();\n",
      replace: "",
    },
    {
      name: "cells behind a membership",
      file: "packages/codec/src/membership-row.ts",
      find: "  row.end();\n  return membership;",
      replace: "  return membership;",
    },
    {
      name: "a failed assertion instead of a refusal",
      file: "packages/codec/src/row-reader.ts",
      find: 'if (!(value instanceof Uint8Array)) throw this.#wrong(name, "bytes");',
      replace: 'if (!(value instanceof Uint8Array)) throw new Error("bytes");',
    },
  ],
});
