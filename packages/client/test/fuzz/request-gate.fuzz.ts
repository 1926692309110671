import { AspenError, READ_CONSISTENCIES, type KeyRange } from "@aspenjs/api";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { ByteSource } from "@aspenjs/fuzz/byte-source";
import { decodeClientCall, encodeClientCall, TICKET_ACCESSES, type ClientRequest } from "@aspenjs/protocol";
import {
  assertNodeId,
  assertNodeIds,
  assertNodeRecords,
  getKeyRequest,
  getLeaseStatusRequest,
  getMultiKeysRequest,
  issueTicketRequest,
  listLeaseStatusesRequest,
  scanKeysRequest,
} from "../../src/request-gate.ts";

function rangeOf(source: ByteSource): KeyRange {
  if (source.isSet()) return { kind: "prefix", prefix: source.text() };
  return { kind: "range", start: source.text(), end: source.text() };
}

const READERS: readonly [(source: ByteSource) => ClientRequest, ...((source: ByteSource) => ClientRequest)[]] = [
  (source) => getKeyRequest({ key: source.text(), consistency: source.pick(READ_CONSISTENCIES) }),
  (source) =>
    scanKeysRequest({
      range: rangeOf(source),
      ...(source.isSet() ? { limit: source.number() } : {}),
      reverse: source.isSet(),
      keysOnly: source.isSet(),
      ...(source.isSet() ? { continuation: source.text() } : {}),
    }),
  (source) =>
    issueTicketRequest({
      access: source.pick(TICKET_ACCESSES),
      keyPrefixes: source.list((items) => items.text()),
      ...(source.isSet() ? { ttlMs: source.number() } : {}),
    }),
  (source) => {
    const members = source.list((items) => ({
      nodeId: items.number(),
      peerId: items.text(),
      addresses: items.list((addresses) => addresses.text()),
    }));
    assertNodeRecords(members);
    return { kind: "init", members };
  },
  (source) => {
    const voters = source.list((items) => items.number());
    assertNodeIds(voters);
    return { kind: "changeMembership", voters, retainRemovedAsLearners: source.isSet() };
  },
  (source) => {
    const nodeId = source.number();
    assertNodeId(nodeId);
    return { kind: "removeNode", nodeId };
  },
  (source) => getMultiKeysRequest({ keys: source.list((items) => items.text()) }),
  (source) => getLeaseStatusRequest({ leaseId: source.number(), keysLimit: source.number() }),
  (source) => listLeaseStatusesRequest({ after: source.number(), limit: source.number() }),
];

/** What passes the gates can be written as a request, and is read by the node as what it was. */
export const target = defineTarget<ClientRequest>({
  name: "client/request-gate",
  decodes: "arguments of calls that a program may make",
  covers: [],
  frameBytesMax: 65_536,
  seeds: () => [
    Uint8Array.of(0, 1, 0x61, 1),
    Uint8Array.of(1, 1, 1, 0x61, 1, 10, 0, 1, 0),
    Uint8Array.of(1, 0, 1, 0x61, 1, 0x62, 0, 1, 0, 1, 2, 0x30, 0x31),
    Uint8Array.of(2, 1, 1, 2, 0x61, 0x2f, 1, 50),
    Uint8Array.of(3, 1, 1, 1, 0x61, 1, 2, 0x2f, 0x61),
    Uint8Array.of(4, 2, 1, 2, 1),
    Uint8Array.of(5, 206),
    Uint8Array.of(6, 2, 1, 0x61, 1, 0x62),
    Uint8Array.of(7, 9, 10),
    Uint8Array.of(8, 0, 10),
    Uint8Array.of(0, 132, 1, ...new Uint8Array(1_025).fill(0x61)),
    Uint8Array.of(3, 1, 1, 128, 200, ...new Uint8Array(200).fill(0x61), 0),
  ],
  dictionary: [Uint8Array.of(3, 0xed, 0xa0, 0x80), Uint8Array.of(201), Uint8Array.of(202), Uint8Array.of(206)],
  decode: throwing((bytes) => {
    const source = new ByteSource(bytes);
    return source.pick(READERS)(source);
  }, AspenError),
  check: (request) => {
    const bytes = encodeClientCall({ deadlineMs: 1_000, request });
    const again = decodeClientCall(bytes);
    if (Buffer.compare(encodeClientCall(again), bytes) !== 0) throw new Error("comes back as another request");
  },
  canaries: [
    {
      name: "a lease id that is no integer",
      file: "packages/api/src/lease-gate.ts",
      find: "Number.isSafeInteger(leaseId) && leaseId >= 1",
      replace: "leaseId >= 1",
    },
    {
      name: "peer ids of any length",
      file: "packages/api/src/node-record-gate.ts",
      find: "if (!peerId.isWellFormed() || utf8ByteLength(peerId) > limits.peerIdBytesMax) {",
      replace: "if (peerId === 'none') {",
    },
    {
      name: "text with unpaired surrogates",
      file: "packages/api/src/scan-gate.ts",
      find: "if (!bound.isWellFormed()) {",
      replace: "if (bound === 'none') {",
    },
    {
      name: "a limit that is no integer",
      file: "packages/api/src/scan-gate.ts",
      find: "Number.isSafeInteger(limit) && limit >= 0",
      replace: "limit >= 0",
    },
  ],
});
