import { defineTarget } from "@aspenjs/fuzz";
import { ByteSource } from "@aspenjs/fuzz/byte-source";
import {
  findNodeRecord,
  memberIds,
  membershipProblem,
  type Membership,
  type NodeRecord,
} from "../../src/membership.ts";
import { assertNodeRecord } from "../../src/node-record-gate.ts";
import { AspenError } from "../../src/aspen-error.ts";
import { limits } from "../../src/limits.ts";

function recordOf(source: ByteSource): NodeRecord {
  return { nodeId: source.number(), peerId: source.text(), addresses: source.list((items) => items.text()) };
}

function membershipOf(bytes: Uint8Array): Membership {
  const source = new ByteSource(bytes);
  const ids = (): number[] => source.list((items) => items.number());
  return { voters: ids(), outgoingVoters: ids(), learners: ids(), nodes: source.list(recordOf) };
}

/** The records must pass their gate, and the membership must make sense. */
function problemOf(membership: Membership): string | undefined {
  try {
    for (const record of membership.nodes) assertNodeRecord(record);
  } catch (error) {
    if (error instanceof AspenError) return error.message;
    throw error;
  }
  return membershipProblem(membership);
}

export const target = defineTarget<Membership>({
  name: "api/membership",
  decodes: "a membership and node records that a program or an operator names",
  covers: [],
  frameBytesMax: 65_536,
  seeds: () => [
    Uint8Array.of(1, 1, 0, 0, 1, 1, 1, 0x61, 1, 1, 0x2f),
    Uint8Array.of(2, 1, 2, 1, 3, 1, 4, 4, 1, 1, 0x61, 0, 2, 1, 0x62, 0, 3, 1, 0x63, 0, 4, 1, 0x64, 0),
  ],
  dictionary: [Uint8Array.of(3, 0xed, 0xa0, 0x80), Uint8Array.of(201), Uint8Array.of(206), Uint8Array.of(207)],
  decode: (bytes) => {
    const membership = membershipOf(bytes);
    return problemOf(membership) === undefined ? { kind: "value", value: membership } : { kind: "refused" };
  },
  check: (membership) => {
    const ids = memberIds(membership);
    const { learners, voters, nodes } = membership;
    if (voters.length === 0 || ids.length !== nodes.length) throw new Error("nodes without a part, or none");
    if (!ids.every((nodeId) => Number.isSafeInteger(nodeId) && nodeId >= 1)) throw new Error("no node ids");
    if (learners.some((nodeId) => voters.includes(nodeId))) throw new Error("learner and voter at once");
    if (new Set(nodes.map(({ peerId }) => peerId)).size !== ids.length) throw new Error("two nodes are one peer");
    if (!ids.every((nodeId) => findNodeRecord(membership, nodeId) !== undefined)) throw new Error("no record");
    const addresses = nodes.flatMap((record) => record.addresses);
    const isReachable = (address: string): boolean => {
      return address !== "" && address.isWellFormed() && Buffer.byteLength(address) <= limits.addressBytesMax;
    };
    if (!addresses.every(isReachable)) throw new Error("no address");
  },
  canaries: [
    {
      name: "one peer as two nodes",
      file: "packages/api/src/membership.ts",
      find: '  if (new Set(nodes.map((record) => record.peerId)).size !== nodes.length) return "two nodes share one peer id";\n',
      replace: "",
    },
    {
      name: "addresses with unpaired surrogates",
      file: "packages/api/src/node-record-gate.ts",
      find: 'address !== "" && address.isWellFormed() &&',
      replace: 'address !== "" &&',
    },
  ],
});
