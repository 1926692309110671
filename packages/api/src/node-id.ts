/** An integer from 1 to 2^53 - 1 that names a node for ever; it prints as decimal digits. */
export type NodeId = number;

/** The transport's name of a peer: for libp2p, the text form of its PeerId. */
export type PeerId = string;

export function isNodeId(value: number): value is NodeId {
  return Number.isSafeInteger(value) && value >= 1;
}

export function compareNodeIds(left: NodeId, right: NodeId): number {
  return left - right;
}
