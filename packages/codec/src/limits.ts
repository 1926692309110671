import { assert, limits as apiLimits } from "@aspenjs/api";

/** Bounds of the nouns that travel or rest as rows. */
export const limits = {
  /** A row may have one cell, lists included, for so many bytes of its bound; a row of a small bound some more. */
  rowBytesPerCell: 96,
  /** Two full sets of members with all their addresses. */
  rowCellsMin: 10_240,
  /** A cell of text or bytes counts as so many: it has memory of its own. */
  cellsPerBuffer: 4,
  /** Lists in lists: far deeper than any schema goes, far shallower than a stack. */
  rowDepthMax: 32,
  peerIdBytesMax: 256,
  /** Nodes named in one list: a joint membership may hold twice the members. */
  membershipNodesMax: 2 * apiLimits.peersMax,
  /** A command with the heads of its own encoding. */
  commandBytesMax: apiLimits.commandBytesMax + 131_072,
} as const;

assert(
  limits.membershipNodesMax * (3 + limits.cellsPerBuffer * (1 + apiLimits.nodeAddressesMax)) < limits.rowCellsMin,
  "the largest membership has no more cells than any row may have",
);
assert(limits.membershipNodesMax >= 1, "a membership has room for a node");
