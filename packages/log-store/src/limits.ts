import { assert, limits as apiLimits } from "@aspenjs/api";

/** The bounds of this package. What is larger never reaches the disk; what is read back larger is corrupt. */
export const limits = {
  /** One encoded entry: the largest command and the frame of its row. */
  entryBytesMax: apiLimits.commandBytesMax + 65_536,
  storeIdBytesMax: 256,
  headerBytesMax: 1_024,
  /** Durable entries kept decoded in memory for replication; entries that are not durable yet come on top. */
  recentEntriesMax: 16_384,
  recentBytesMax: 16 * 1_048_576,
  /** Batches merged into one transaction: a bound on how long the first of them waits for the last. */
  groupBatchesMax: 1_024,
  groupBytesMax: 16 * 1_048_576,
  /** Rows that one transaction removes from what a truncation, a purge or a reset left behind. */
  sweptRowsMax: 4_096,
  /** Rows hashed by a verification before it lets the event loop turn. */
  verifiedRowsPerSliceMax: 256,
  verifiedBytesPerSliceMax: 1_048_576,
} as const;

assert(limits.entryBytesMax <= limits.groupBytesMax, "the largest entry fits one transaction");
assert(limits.entryBytesMax <= limits.recentBytesMax, "the largest entry fits the memory of recent entries");
assert(limits.storeIdBytesMax < limits.headerBytesMax, "the store id fits the header");
