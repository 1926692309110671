/** The calls of `ClusterController` as a client sends them: its arguments, with defaults filled in. */
import { nodeRecordToRow, readNodeRecord } from "@aspenjs/codec";
import type { NodeId, NodeRecord } from "@aspenjs/api";

import { plainMessage, type MessageCodec } from "./message-codec.ts";
import { readNodeIds, readNodeRecords } from "./node-record.ts";

export interface InitRequest {
  readonly kind: "init";
  readonly members: readonly NodeRecord[];
}

export interface AddLearnerRequest {
  readonly kind: "addLearner";
  readonly node: NodeRecord;
  readonly waitForCatchUp: boolean;
}

export interface PromoteLearnerRequest {
  readonly kind: "promoteLearner";
  readonly nodeId: NodeId;
  readonly replace: NodeId | undefined;
  readonly force: boolean;
}

export interface ChangeMembershipRequest {
  readonly kind: "changeMembership";
  readonly voters: readonly NodeId[];
  readonly retainRemovedAsLearners: boolean;
}

export interface RemoveNodeRequest {
  readonly kind: "removeNode";
  readonly nodeId: NodeId;
}

export interface TransferLeadershipRequest {
  readonly kind: "transferLeadership";
  /** `undefined` lets the leader choose the voter that is most up to date. */
  readonly nodeId: NodeId | undefined;
}

export interface CurrentStateRequest {
  readonly kind: "currentState";
}

export interface GetMetricsRequest {
  readonly kind: "getMetrics";
}

export interface TriggerSnapshotRequest {
  readonly kind: "triggerSnapshot";
}

export interface GetLeaderRequest {
  readonly kind: "getLeader";
}

export interface ClusterCallByKind {
  readonly init: InitRequest;
  readonly addLearner: AddLearnerRequest;
  readonly promoteLearner: PromoteLearnerRequest;
  readonly changeMembership: ChangeMembershipRequest;
  readonly removeNode: RemoveNodeRequest;
  readonly transferLeadership: TransferLeadershipRequest;
  readonly currentState: CurrentStateRequest;
  readonly getMetrics: GetMetricsRequest;
  readonly triggerSnapshot: TriggerSnapshotRequest;
  readonly getLeader: GetLeaderRequest;
}

export type ClusterCall = ClusterCallByKind[keyof ClusterCallByKind];

export const CLUSTER_CALL_CODECS: {
  readonly [Kind in keyof ClusterCallByKind]: MessageCodec<ClusterCallByKind[Kind]>;
} = {
  init: {
    cells: ({ members }) => [members.map(nodeRecordToRow)],
    read: (row) => ({ kind: "init", members: readNodeRecords(row, "members") }),
  },
  addLearner: {
    cells: ({ node, waitForCatchUp }) => [nodeRecordToRow(node), waitForCatchUp],
    read: (row) => ({
      kind: "addLearner",
      node: readNodeRecord(row.row("node")),
      waitForCatchUp: row.boolean("waitForCatchUp"),
    }),
  },
  promoteLearner: {
    cells: ({ nodeId, replace, force }) => [nodeId, replace ?? null, force],
    read: (row) => ({
      kind: "promoteLearner",
      nodeId: row.integer("nodeId", 1),
      replace: row.optional((cells) => cells.integer("replace", 1)),
      force: row.boolean("force"),
    }),
  },
  changeMembership: {
    cells: ({ voters, retainRemovedAsLearners }) => [voters, retainRemovedAsLearners],
    read: (row) => ({
      kind: "changeMembership",
      voters: readNodeIds(row, "voters"),
      retainRemovedAsLearners: row.boolean("retainRemovedAsLearners"),
    }),
  },
  removeNode: {
    cells: ({ nodeId }) => [nodeId],
    read: (row) => ({ kind: "removeNode", nodeId: row.integer("nodeId", 1) }),
  },
  transferLeadership: {
    cells: ({ nodeId }) => [nodeId ?? null],
    read: (row) => ({
      kind: "transferLeadership",
      nodeId: row.optional((cells) => cells.integer("nodeId", 1)),
    }),
  },
  currentState: plainMessage({ kind: "currentState" }),
  getMetrics: plainMessage({ kind: "getMetrics" }),
  triggerSnapshot: plainMessage({ kind: "triggerSnapshot" }),
  getLeader: plainMessage({ kind: "getLeader" }),
};
