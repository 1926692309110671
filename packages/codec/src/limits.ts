import { assert, limits as apiLimits } from "@aspenjs/api";

/** Bounds of the nouns that travel or rest as rows. */
export const limits = {
  peerIdBytesMax: 256,
  /** Nodes named in one list: a joint membership may hold twice the members. */
  membershipNodesMax: 2 * apiLimits.peersMax,
  /** A command with the heads of its own encoding. */
  commandBytesMax: apiLimits.commandBytesMax + 131_072,
} as const;

assert(limits.membershipNodesMax >= 1, "a membership has room for a node");
