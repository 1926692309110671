import { membershipProblem, type ClusterState, type Membership } from "@aspenjs/api";
import {
  DecodeError,
  logIdToRow,
  membershipToRow,
  readLogId,
  readMembership,
  type Row,
  type RowReader,
} from "@aspenjs/codec";
import { readClusterId } from "./node-record.ts";

export function clusterStateRow(state: ClusterState): Row {
  return [
    state.clusterId,
    state.term,
    state.leader ?? null,
    membershipToRow(state.membership),
    logIdToRow(state.membershipLogId),
  ];
}

/** Reads the row to its end. @throws DecodeError */
export function readClusterState(row: RowReader): ClusterState {
  const state = {
    clusterId: readClusterId(row),
    term: row.integer("term"),
    leader: row.optional((cells) => cells.integer("leader", 1)),
    membership: readLegalMembership(row.row("membership")),
    membershipLogId: readLogId(row.row("membershipLogId")),
  };
  row.end();
  return state;
}

/** Reads the row to its end; what it returns is a legal membership. @throws DecodeError */
export function readLegalMembership(row: RowReader): Membership {
  const membership = readMembership(row);
  const problem = membershipProblem(membership);
  if (problem !== undefined) throw new DecodeError(problem);
  return membership;
}
