import { findNodeRecord, memberIds, type ClusterState, type LogId, type NodeId } from "@aspenjs/api";
import { nodeIdText } from "./node-id-text.ts";
import type { JsonValue, Report, TableView } from "./output-format.ts";
import { printable } from "./printable.ts";
import { formatTable } from "./table.ts";

export type MemberKind = "voter" | "learner" | "outgoing";

export interface Member {
  readonly nodeId: NodeId;
  readonly kind: MemberKind;
  readonly peerId: string;
  readonly addresses: readonly string[];
}

export function membersOf({ membership }: ClusterState): Member[] {
  return memberIds(membership).map((nodeId) => {
    const record = findNodeRecord(membership, nodeId);
    return { nodeId, kind: kindOf(nodeId), peerId: record?.peerId ?? "", addresses: record?.addresses ?? [] };
  });

  function kindOf(nodeId: NodeId): MemberKind {
    if (membership.voters.includes(nodeId)) return "voter";
    return membership.learners.includes(nodeId) ? "learner" : "outgoing";
  }
}

export function logIdJson({ term, index }: LogId): JsonValue {
  return { term, index };
}

/** Who is in the cluster: the answer of every command that changes it. */
export function stateReport(state: ClusterState): Report {
  const members = membersOf(state);
  const leader = state.leader === undefined ? null : nodeIdText(state.leader);
  const memberLines = members.map(({ nodeId, kind, peerId, addresses }) => ({
    nodeId: nodeIdText(nodeId),
    kind,
    isLeader: nodeId === state.leader,
    peerId,
    addresses,
  }));
  const { clusterId, term, membershipLogId } = state;
  return {
    json: { clusterId, term, leader, membershipLogId: logIdJson(membershipLogId), members: memberLines },
    jsonLines: memberLines,
    table: (view) => `${memberTable(state, members, view)}\n\ncluster ${clusterId}, term ${term}`,
    raw: () => members.map(({ nodeId }) => `${nodeIdText(nodeId)}\n`).join(""),
  };
}

function memberTable(state: ClusterState, members: readonly Member[], view: TableView): string {
  const rows = members.map(({ nodeId, kind, peerId, addresses }) => [
    nodeIdText(nodeId),
    nodeId === state.leader ? `${kind}, leads` : kind,
    peerId,
    addressesForPeople(addresses),
  ]);
  return formatTable(
    [{ heading: "ID" }, { heading: "KIND" }, { heading: "PEER" }, { heading: "ADDRESSES" }],
    rows,
    view,
  );
}

/** The peer id at the end of an address stands in a column of its own. */
export function addressesForPeople(addresses: readonly string[]): string {
  return printable(addresses.map((address) => address.replace(/\/p2p\/[^/]+$/, "")).join(" "));
}
