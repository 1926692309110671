import type { StoredMembership } from "@aspenjs/api";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import fc from "fast-check";
import { DecodeError } from "../../src/decode-error.ts";
import { readStoredMembership, storedMembershipToRow } from "../../src/membership-row.ts";
import { decodeRow, encodeRow } from "../../src/row.ts";
import { membership } from "./membership-values.ts";

const ROW_BYTES_MAX = 65_536;
const plain = { noNullPrototype: true } as const;

export const target = defineTarget<StoredMembership>({
  name: "codec/stored-membership",
  decodes: "the row of a membership and of the log id that holds it",
  covers: ["readStoredMembership", "readLogId"],
  frameBytesMax: ROW_BYTES_MAX,
  seeds: () => [
    encodeRow(
      storedMembershipToRow({
        logId: { term: 2, index: 9 },
        membership: {
          voters: [1, 2],
          outgoingVoters: [3],
          learners: [4],
          nodes: [{ nodeId: 1, peerId: "p", addresses: ["/ip4/127.0.0.1/tcp/1"] }],
        },
      }),
    ),
  ],
  values: fc.record({ logId: fc.record({ term: fc.maxSafeNat(), index: fc.maxSafeNat() }, plain), membership }, plain),
  decode: throwing((bytes) => readStoredMembership(decodeRow(bytes, ROW_BYTES_MAX)), DecodeError),
  encode: { form: "canonical", write: (stored) => encodeRow(storedMembershipToRow(stored)) },
  canaries: [
    {
      name: "cells behind a log id",
      file: "packages/codec/src/membership-row.ts",
      find: "  row.end();\n  return logId;",
      replace: "  return logId;",
    },
    {
      name: "eight bytes where four are enough",
      file: "packages/codec/src/cell-parser.ts",
      find: "return shortest(value, UINT32_RANGE);",
      replace: "return value;",
    },
  ],
});
