import { DecodeError } from "@aspenjs/codec";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import fc from "fast-check";
import { decodeMessage, encodeMessage, type Message } from "../../src/index.ts";
import { limits } from "../../src/wire/limits.ts";

const plain = { noNullPrototype: true } as const;
const nat = fc.maxSafeNat();
const logId = fc.record({ term: nat, index: nat }, plain);

const SAMPLES: readonly Message[] = [
  { kind: "preVoteRequest", term: 3, campaign: 1, last: { term: 2, index: 9 } },
  { kind: "preVoteResponse", term: 3, campaign: 1, isGranted: true },
  { kind: "voteRequest", term: 3, last: { term: 2, index: 9 }, isTransfer: false },
  { kind: "voteResponse", term: 3, isGranted: false },
  {
    kind: "appendRequest",
    term: 4,
    sequence: 7,
    previous: { term: 3, index: 10 },
    committed: 9,
    round: 2,
    entries: [
      { term: 3, index: 11, payload: { kind: "blank" } },
      { term: 4, index: 12, payload: { kind: "command", command: Uint8Array.of(1, 2, 3) } },
      {
        term: 4,
        index: 13,
        payload: {
          kind: "membership",
          membership: {
            voters: [1],
            outgoingVoters: [],
            learners: [],
            nodes: [{ nodeId: 1, peerId: "p", addresses: ["/a"] }],
          },
        },
      },
    ],
  },
  { kind: "appendResponse", term: 4, sequence: 7, round: 2, outcome: { kind: "matched", index: 12 } },
  {
    kind: "appendResponse",
    term: 4,
    sequence: 7,
    round: 2,
    outcome: { kind: "conflict", previousIndex: 11, hint: { term: 2, index: 8 } },
  },
  { kind: "heartbeatRequest", term: 4, committed: 9, round: 3 },
  { kind: "heartbeatResponse", term: 4, round: 3 },
  { kind: "timeoutNowRequest", term: 4 },
  { kind: "readIndexRequest", term: 4, requestId: 5 },
  { kind: "readIndexResponse", term: 4, requestId: 5, readIndex: undefined },
  { kind: "readIndexResponse", term: 4, requestId: 5, readIndex: 8 },
];

export const target = defineTarget<Message>({
  name: "raft/message",
  decodes: "what nodes say to each other in consensus",
  covers: ["decodeMessage"],
  frameBytesMax: limits.messageBytesMax,
  seeds: () => SAMPLES.map(encodeMessage),
  values: fc.oneof(
    fc.record({ kind: fc.constant("preVoteRequest" as const), term: nat, campaign: nat, last: logId }, plain),
    fc.record({ kind: fc.constant("voteRequest" as const), term: nat, last: logId, isTransfer: fc.boolean() }, plain),
    fc.record({ kind: fc.constant("heartbeatRequest" as const), term: nat, committed: nat, round: nat }, plain),
    fc.record(
      {
        kind: fc.constant("readIndexResponse" as const),
        term: nat,
        requestId: nat,
        readIndex: fc.option(nat, { nil: undefined }),
      },
      plain,
    ),
  ),
  decode: throwing(decodeMessage, DecodeError),
  encode: { form: "canonical", write: encodeMessage },
  check: (message) => {
    if (message.kind !== "appendRequest") return;
    let { index } = message.previous;
    for (const entry of message.entries) {
      index += 1;
      if (entry.index !== index || entry.term > message.term) throw new Error("entries that do not follow each other");
    }
  },
  canaries: [
    {
      name: "entries of a later term than the leader's",
      file: "packages/raft/src/wire/message-codec.ts",
      find: "entry.term >= before.term && entry.term <= term;",
      replace: "entry.term >= before.term;",
    },
    {
      name: "a kind that does not exist",
      file: "packages/raft/src/wire/message-codec.ts",
      find: "if (read === undefined) throw new DecodeError",
      replace: "if (read === undefined) throw new RangeError",
    },
    {
      name: "work for every pair of entries",
      file: "packages/raft/src/wire/message-codec.ts",
      find: "  let before = { term: 0, index: previousIndex };",
      replace: `  let before = { term: 0, index: previousIndex };
  for (const one of entries) for (const other of entries) for (let i = 0; i < 5_000_000; i += 1) if (one.index === -other.index - i) return;`,
    },
  ],
});
