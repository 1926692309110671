import { DecodeError } from "@aspenjs/codec";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import fc from "fast-check";
import { decodeOffer, encodeOffer, type SnapshotOffer } from "../../src/wire/snapshot-codec.ts";

const plain = { noNullPrototype: true } as const;
const nat = fc.maxSafeNat();
const logId = fc.record({ term: nat, index: nat }, plain);
const membership = {
  voters: [1, 2],
  outgoingVoters: [],
  learners: [],
  nodes: [{ nodeId: 1, peerId: "p", addresses: ["/ip4/127.0.0.1/tcp/1"] }],
};

export const target = defineTarget<SnapshotOffer>({
  name: "raft/snapshot-offer",
  decodes: "with what a leader opens the stream of a snapshot",
  covers: ["decodeOffer"],
  frameBytesMax: 65_536,
  seeds: () => [
    encodeOffer({
      term: 4,
      meta: {
        lastIncluded: { term: 3, index: 70_000 },
        membership: { logId: { term: 1, index: 1 }, membership },
        byteLength: 4_096,
        digest: new Uint8Array(32).fill(5),
      },
    }),
  ],
  values: fc.record(
    {
      term: nat,
      meta: fc.record(
        {
          lastIncluded: logId,
          membership: fc.record({ logId, membership: fc.constant(membership) }, plain),
          byteLength: nat,
          digest: fc.uint8Array({ minLength: 32, maxLength: 32 }),
        },
        plain,
      ),
    },
    plain,
  ),
  decode: throwing(decodeOffer, DecodeError),
  encode: { form: "canonical", write: encodeOffer },
  canaries: [
    {
      name: "cells behind an offer",
      file: "packages/raft/src/wire/snapshot-codec.ts",
      find: "  row.end();\n  return { term, meta };",
      replace: "  return { term, meta };",
    },
    {
      name: "memory for a snapshot that is only announced",
      file: "packages/raft/src/wire/snapshot-codec.ts",
      find: "  row.end();\n  return { term, meta };",
      replace: "  row.end();\n  Buffer.alloc(Math.min(meta.byteLength, 500_000_000));\n  return { term, meta };",
    },
  ],
});
