import { membershipProblem, type ClusterState, type Membership } from "@aspenjs/api";
import { DecodeError, type Row, type RowReader } from "@aspenjs/codec";
import { logIdRow, readLogId } from "./log-id.ts";
import { nodeRecordRow, readClusterId, readNodeIds, readNodeRecords } from "./node-record.ts";

export function clusterStateRow(state: ClusterState): Row {
  return [
    state.clusterId,
    state.term,
    state.leader ?? null,
    membershipRow(state.membership),
    logIdRow(state.membershipLogId),
  ];
}

/** Reads the row to its end. @throws DecodeError */
export function readClusterState(row: RowReader): ClusterState {
  const state = {
    clusterId: readClusterId(row),
    term: row.integer("term"),
    leader: row.optional((cells) => cells.integer("leader", 1)),
    membership: readMembership(row.row("membership")),
    membershipLogId: readLogId(row.row("membershipLogId")),
  };
  row.end();
  return state;
}

export function membershipRow(membership: Membership): Row {
  const { voters, outgoingVoters, learners, nodes } = membership;
  return [voters, outgoingVoters, learners, nodes.map(nodeRecordRow)];
}

/** Reads the row to its end; what it returns is a legal membership. @throws DecodeError */
export function readMembership(row: RowReader): Membership {
  const membership = {
    voters: readNodeIds(row, "voters"),
    outgoingVoters: readNodeIds(row, "outgoingVoters"),
    learners: readNodeIds(row, "learners"),
    nodes: readNodeRecords(row, "nodes"),
  };
  row.end();
  const problem = membershipProblem(membership);
  if (problem !== undefined) throw new DecodeError(problem);
  return membership;
}
