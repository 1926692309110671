import { DecodeError } from "@aspenjs/codec";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import fc from "fast-check";
import { decodeAnswer, encodeAnswer, type SnapshotAnswer } from "../../src/wire/snapshot-codec.ts";

export const target = defineTarget<SnapshotAnswer>({
  name: "raft/snapshot-answer",
  decodes: "where a follower wants a snapshot to begin",
  covers: ["decodeAnswer"],
  frameBytesMax: 1_024,
  seeds: () => [
    encodeAnswer({ term: 4, offset: 4_096, matched: 9 }),
    encodeAnswer({ term: 4, offset: undefined, matched: 70_000 }),
  ],
  values: fc.record(
    {
      term: fc.maxSafeNat(),
      offset: fc.option(fc.maxSafeNat(), { nil: undefined }),
      matched: fc.maxSafeNat(),
    },
    { noNullPrototype: true },
  ),
  decode: throwing(decodeAnswer, DecodeError),
  encode: { form: "canonical", write: encodeAnswer },
  canaries: [
    {
      name: "cells behind an answer",
      file: "packages/raft/src/wire/snapshot-codec.ts",
      find: '    offset: row.optional((cells) => cells.integer("offset")),\n    matched: row.integer("matched"),\n  };\n  row.end();',
      replace:
        '    offset: row.optional((cells) => cells.integer("offset")),\n    matched: row.integer("matched"),\n  };',
    },
  ],
});
