import {
  limits,
  membershipProblem,
  type Membership,
  type NodeId,
  type NodeRecord,
  type StoredMembership,
} from "@aspenjs/api";
import { DecodeError, type Row, type RowReader } from "@aspenjs/codec";
import { stateMachineLimits } from "./limits.ts";

/** `[term, index, voters, outgoingVoters, learners, [[nodeId, peerId, [address, …]], …]]` */
export function membershipRow({ logId, membership }: StoredMembership): Row {
  return [
    logId.term,
    logId.index,
    membership.voters,
    membership.outgoingVoters,
    membership.learners,
    membership.nodes.map((record) => [record.nodeId, record.peerId, record.addresses]),
  ];
}

/** Reads the row to its end. @throws DecodeError */
export function readMembership(row: RowReader): StoredMembership {
  const logId = { term: row.integer("term"), index: row.integer("index") };
  const { membershipNodesMax } = stateMachineLimits;
  const membership: Membership = {
    voters: readNodeIds("voters", row),
    outgoingVoters: readNodeIds("outgoingVoters", row),
    learners: readNodeIds("learners", row),
    nodes: row.list("nodes", membershipNodesMax, (items) => readNodeRecord(items.row("node"))),
  };
  row.end();
  const problem = logId.index === 0 ? emptyProblem(membership) : membershipProblem(membership);
  if (problem !== undefined) throw new DecodeError(problem);
  return { logId, membership };
}

function emptyProblem({ voters, outgoingVoters, learners, nodes }: Membership): string | undefined {
  const size = voters.length + outgoingVoters.length + learners.length + nodes.length;
  return size === 0 ? undefined : "a membership that no entry holds must be empty";
}

function readNodeIds(name: string, row: RowReader): NodeId[] {
  return row.list(name, stateMachineLimits.membershipNodesMax, (items) => items.integer("nodeId", 1, limits.nodeIdMax));
}

function readNodeRecord(row: RowReader): NodeRecord {
  const record = {
    nodeId: row.integer("nodeId", 1, limits.nodeIdMax),
    peerId: row.text("peerId", limits.addressBytesMax),
    addresses: row.list("addresses", limits.nodeAddressesMax, (items) => items.text("address", limits.addressBytesMax)),
  };
  row.end();
  return record;
}
