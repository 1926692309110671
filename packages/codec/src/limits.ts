import { assert, limits as apiLimits } from "@aspenjs/api";

/** Bounds of the nouns that travel or rest as rows. */
export const limits = {
  peerIdBytesMax: 128,
  membershipNodesMax: apiLimits.peersMax,
  /** A command with the heads of its own encoding. */
  commandBytesMax: apiLimits.commandBytesMax + 131_072,
} as const;

assert(limits.membershipNodesMax >= 1, "a membership has room for a node");
