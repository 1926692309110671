import { limits as apiLimits, type LogId, type Membership, type NodeRecord, type StoredMembership } from "@aspenjs/api";
import { limits } from "./limits.ts";
import type { RowReader } from "./row-reader.ts";
import type { Row } from "./cell.ts";

/** `[term, index]` */
export function logIdToRow(logId: LogId): Row {
  return [logId.term, logId.index];
}

export function readLogId(row: RowReader): LogId {
  const logId = { term: row.integer("term"), index: row.integer("index") };
  row.end();
  return logId;
}

/** `[nodeId, peerId, addresses]` */
export function nodeRecordToRow(record: NodeRecord): Row {
  return [record.nodeId, record.peerId, record.addresses];
}

export function readNodeRecord(row: RowReader): NodeRecord {
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

/** `[voters, outgoingVoters, learners, nodes]`. Says nothing about whether the membership makes sense. */
export function membershipToRow(membership: Membership): Row {
  return [
    membership.voters,
    membership.outgoingVoters,
    membership.learners,
    membership.nodes.map((record) => nodeRecordToRow(record)),
  ];
}

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

/** `[logId, membership]` */
export function storedMembershipToRow(stored: StoredMembership): Row {
  return [logIdToRow(stored.logId), membershipToRow(stored.membership)];
}

export function readStoredMembership(row: RowReader): StoredMembership {
  const stored = { logId: readLogId(row.row("logId")), membership: readMembership(row.row("membership")) };
  row.end();
  return stored;
}

function readNodeIds(row: RowReader, name: string): readonly number[] {
  return row.list(name, limits.membershipNodesMax, (ids) => ids.integer("nodeId", 1));
}
