/**
 * What nodes that have admitted each other ask over `/aspen/cluster/1`, outside consensus: `[version, kind, ...fields]`
 * each, the answer with the kind of its request.
 */
import {
  assert,
  ERROR_CODES,
  type ClusterState,
  type ErrorCode,
  type Membership,
  type NodeId,
  type NodeRecord,
  type PeerId,
} from "@aspenjs/api";
import {
  DecodeError,
  decodeRow,
  encodeRow,
  type Row,
  type RowReader,
  nodeRecordToRow,
  readNodeRecord,
  membershipToRow,
} from "@aspenjs/codec";
import { clusterStateRow, readClusterState, readLegalMembership } from "./cluster-state.ts";
import { protocolLimits } from "./limits.ts";
import { plainMessage, type MessageCodec } from "./message-codec.ts";
import { readAddresses, readClusterId, readPeerId } from "./node-record.ts";

/** Asked of every founding member before the cluster is formed. */
export interface PrepareInitMessage {
  readonly kind: "prepareInit";
  readonly clusterId: string;
  readonly membership: Membership;
}

/** Asked of the leader by a node that wants to replicate. */
export interface JoinAsLearnerMessage {
  readonly kind: "joinAsLearner";
  readonly node: NodeRecord;
}

export interface DescribeMessage {
  readonly kind: "describe";
}

export type PrepareInitAnswer =
  | { readonly kind: "accepted" }
  | { readonly kind: "refused"; readonly code: ErrorCode; readonly reason: string };

export interface NodeDescription {
  readonly nodeId: NodeId;
  readonly peerId: PeerId;
  readonly addresses: readonly string[];
  readonly isInitialized: boolean;
  /** `undefined` before the node belongs to a cluster. */
  readonly clusterId: string | undefined;
}

interface MessageByKind {
  readonly prepareInit: PrepareInitMessage;
  readonly joinAsLearner: JoinAsLearnerMessage;
  readonly describe: DescribeMessage;
}

interface AnswerByKind {
  readonly prepareInit: PrepareInitAnswer;
  readonly joinAsLearner: ClusterState;
  readonly describe: NodeDescription;
}

export type ClusterMessageKind = keyof MessageByKind;
export type ClusterMessage = MessageByKind[ClusterMessageKind];
export type ClusterMessageAnswerOf<Message extends ClusterMessage> = AnswerByKind[Message["kind"]];

const VERSION = 1;
/** The position is the number on the wire. */
const KINDS = ["prepareInit", "joinAsLearner", "describe"] as const satisfies readonly ClusterMessageKind[];
const ACCEPTED = 0;
const REFUSED = 1;

export function encodeClusterMessage(message: ClusterMessage): Uint8Array {
  return encoded(message.kind, messageCells(message.kind, message));
}

/** @throws DecodeError on anything that `encodeClusterMessage` does not write */
export function decodeClusterMessage(bytes: Uint8Array): ClusterMessage {
  const { row, kind } = open(bytes);
  const message = MESSAGE_CODECS[kind].read(row);
  row.end();
  return message;
}

export function encodeClusterMessageAnswer<Kind extends ClusterMessageKind>(
  kind: Kind,
  answer: AnswerByKind[Kind],
): Uint8Array {
  const codec: MessageCodec<AnswerByKind[Kind]> = ANSWER_CODECS[kind];
  return encoded(kind, codec.cells(answer));
}

/** The answer to a message of this kind. @throws DecodeError on anything that the encoder does not write */
export function decodeClusterMessageAnswer<Kind extends ClusterMessageKind>(
  kind: Kind,
  bytes: Uint8Array,
): AnswerByKind[Kind] {
  const { row, kind: answered } = open(bytes);
  if (answered !== kind) throw new DecodeError(`an answer to ${answered}, not to ${kind}`);
  const codec: MessageCodec<AnswerByKind[Kind]> = ANSWER_CODECS[kind];
  const answer = codec.read(row);
  row.end();
  return answer;
}

const MESSAGE_CODECS: { readonly [Kind in ClusterMessageKind]: MessageCodec<MessageByKind[Kind]> } = {
  prepareInit: {
    cells: ({ clusterId, membership }) => [clusterId, membershipToRow(membership)],
    read: (row) => ({
      kind: "prepareInit",
      clusterId: readClusterId(row),
      membership: readLegalMembership(row.row("membership")),
    }),
  },
  joinAsLearner: {
    cells: ({ node }) => [nodeRecordToRow(node)],
    read: (row) => ({ kind: "joinAsLearner", node: readNodeRecord(row.row("node")) }),
  },
  describe: plainMessage({ kind: "describe" }),
};

const ANSWER_CODECS: { readonly [Kind in ClusterMessageKind]: MessageCodec<AnswerByKind[Kind]> } = {
  prepareInit: {
    cells: (answer) => (answer.kind === "accepted" ? [ACCEPTED] : [REFUSED, answer.code, answer.reason]),
    read: readPrepareInitAnswer,
  },
  joinAsLearner: {
    cells: (state) => [clusterStateRow(state)],
    read: (row) => readClusterState(row.row("state")),
  },
  describe: {
    cells: ({ nodeId, peerId, addresses, isInitialized, clusterId }) => [
      nodeId,
      peerId,
      addresses,
      isInitialized,
      clusterId ?? null,
    ],
    read: (row) => ({
      nodeId: row.integer("nodeId", 1),
      peerId: readPeerId(row),
      addresses: readAddresses(row),
      isInitialized: row.boolean("isInitialized"),
      clusterId: row.optional((cells) => readClusterId(cells)),
    }),
  },
};

function messageCells<Kind extends ClusterMessageKind>(kind: Kind, message: MessageByKind[Kind]): Row {
  const codec: MessageCodec<MessageByKind[Kind]> = MESSAGE_CODECS[kind];
  return codec.cells(message);
}

function readPrepareInitAnswer(row: RowReader): PrepareInitAnswer {
  if (row.integer("outcome", ACCEPTED, REFUSED) === ACCEPTED) return { kind: "accepted" };
  return {
    kind: "refused",
    code: row.word("code", ERROR_CODES),
    reason: row.text("reason", protocolLimits.refusalTextBytesMax),
  };
}

function encoded(kind: ClusterMessageKind, cells: Row): Uint8Array {
  const bytes = encodeRow([VERSION, KINDS.indexOf(kind), ...cells]);
  assert(bytes.byteLength <= protocolLimits.clusterMessageBytesMax, "an encoded message fits its bound");
  return bytes;
}

function open(bytes: Uint8Array): { readonly row: RowReader; readonly kind: ClusterMessageKind } {
  const row = decodeRow(bytes, protocolLimits.clusterMessageBytesMax);
  row.integer("version", VERSION, VERSION);
  const kind = KINDS[row.integer("kind", 0, KINDS.length - 1)];
  assert(kind !== undefined, "every number in range has its kind");
  return { row, kind };
}
