import { DecodeError } from "@aspenjs/codec";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import fc from "fast-check";
import { decodeReport, encodeReport, type SnapshotReport } from "../../src/wire/snapshot-codec.ts";

export const target = defineTarget<SnapshotReport>({
  name: "raft/snapshot-report",
  decodes: "what came of a snapshot",
  covers: ["decodeReport"],
  frameBytesMax: 1_024,
  seeds: () => [
    encodeReport({ isInstalled: true, matched: 9, reason: "" }),
    encodeReport({ isInstalled: false, matched: 0, reason: "the digest is another one" }),
  ],
  values: fc.record(
    { isInstalled: fc.boolean(), matched: fc.maxSafeNat(), reason: fc.string({ unit: "grapheme", maxLength: 40 }) },
    { noNullPrototype: true },
  ),
  decode: throwing(decodeReport, DecodeError),
  // Longer reasons are cut when they are written, so that they fit however many bytes a character has.
  encode: { form: "normal", write: encodeReport },
  canaries: [
    {
      name: "a reason that is cut too late",
      file: "packages/raft/src/wire/snapshot-codec.ts",
      find: "report.reason.slice(0, REASON_BYTES_MAX / 4)",
      replace: "report.reason.concat('…')",
    },
  ],
});
