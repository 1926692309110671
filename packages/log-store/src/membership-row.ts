import { limits as apiLimits, type Membership, type NodeRecord } from "@aspenjs/api";
import type { Row, RowReader } from "@aspenjs/codec";
import { limits } from "./limits.ts";

export function membershipToRow(membership: Membership): Row {
  return [
    membership.voters,
    membership.outgoingVoters,
    membership.learners,
    membership.nodes.map((node) => [node.nodeId, node.peerId, node.addresses]),
  ];
}

/** @throws DecodeError */
export function readMembership(row: RowReader): Membership {
  const membership: Membership = {
    voters: readNodeIds(row, "voters"),
    outgoingVoters: readNodeIds(row, "outgoingVoters"),
    learners: readNodeIds(row, "learners"),
    nodes: row.list("nodes", limits.membershipNodesMax, (nodes) => readNodeRecord(nodes.row("node"))),
  };
  row.end();
  return membership;
}

function readNodeIds(row: RowReader, name: string): readonly number[] {
  return row.list(name, limits.membershipNodesMax, (ids) => ids.integer("nodeId", 1));
}

function readNodeRecord(row: RowReader): NodeRecord {
  const record: NodeRecord = {
    nodeId: row.integer("nodeId", 1),
    peerId: row.text("peerId", limits.peerIdBytesMax),
    addresses: row.list("addresses", apiLimits.nodeAddressesMax, (addresses) =>
      addresses.text("address", apiLimits.addressBytesMax),
    ),
  };
  row.end();
  return record;
}
