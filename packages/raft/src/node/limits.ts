import { assert } from "@aspenjs/api";

/** Bounds of the shell; what the core bounds stands in its config. */
export const limits = {
  /** Proposals that wait for their commit, by default. Beyond it callers get `resource_exhausted`. */
  proposalsMax: 8_192,
  proposalBytesMax: 64 * 1024 * 1024,
  /** Reads that wait, over all rounds, by default. */
  readsMax: 65_536,
  /** One apply call, before its length follows what it costs. */
  applyEntriesMin: 16,
  applyEntriesMax: 1_024,
  applyBytesMax: 1024 * 1024,
  /** How long one apply call should hold the event loop. */
  applySliceMs: 4,
  snapshotChunkBytes: 256 * 1024,
  snapshotHeaderBytesMax: 64 * 1024,
  snapshotOpenMs: 10_000,
  /** Without any progress for so long, a snapshot transfer is given up. */
  snapshotStallMs: 30_000,
  /** After a failed transfer, before the next try. */
  snapshotRetryMs: 1_000,
  latencySamplesMax: 1_024,
} as const;

assert(limits.applyEntriesMin <= limits.applyEntriesMax, "apply slices have a range");
assert(limits.snapshotRetryMs < limits.snapshotStallMs, "a retry comes before patience ends");
