import type { NodeId, PeerId } from "@aspenjs/api";

/** Who a node is for the rest of its life. Made once, at its first start. */
export interface NodeIdentity {
  readonly nodeId: NodeId;
  readonly peerId: PeerId;
  /** Ties the identity to its log: a node whose log was lost must not come back under the same identity. */
  readonly storeId: string;
  readonly clusterId: string;
}

/** Remembers across restarts what the log does not hold yet. */
export interface IdentityStore {
  readonly identity: NodeIdentity;
  /** Digest of the founding membership that this node agreed to; `undefined` before. */
  readonly founding: string | undefined;
  /** Durable when it resolves. A node agrees to one founding membership in its life. */
  recordFounding(digest: string): Promise<void>;
}
