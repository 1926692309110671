import { assert, limits as apiLimits } from "@aspenjs/api";

const MEBIBYTE = 1_048_576;

/** Bounds of the command line. Durations in milliseconds. */
export const limits = {
  deadlineMsDefault: 10_000,
  deadlineMsMax: 3_600_000,
  /** JSON may spend six characters on one byte of a key or value. */
  importLineBytesMax: 8 * MEBIBYTE,
  importBatchPairsDefault: 100,
  /** A batch of large values is sent before it has all its pairs. */
  importBatchBytesMax: MEBIBYTE,
  importConcurrencyDefault: 16,
  importConcurrencyMax: 256,
  exportPageEntries: 5_000,
  scanPageEntries: 1_000,
  /** Keys that one part of a deletion in parts deletes. */
  deletePartKeys: 1_000,
  leasePageEntries: 1_000,
  /** Keys of a lease that are listed. */
  leaseKeysMax: apiLimits.scanLimitMax,
  /** From a renewal that failed to the next try, at most. */
  keepAliveRetryMsMax: 1_000,
  /** Empty ones behind the end included. */
  transactionLinesMax: 2 * apiLimits.transactionItemsMax,
  /** A value may take four characters for each of its bytes. */
  transactionTextBytesMax: 8 * MEBIBYTE,
  /** From a terminal or a file, with some room for comments between statements. */
  sqlLineBytesMax: MEBIBYTE,
  /** Bytes of a BLOB that a table shows. */
  sqlBlobBytesShown: 32,
  ticketFileBytesMax: 64 * 1_024,
  nodeFileBytesMax: 64 * 1_024,
  /** How long `cluster status` waits for a node before it calls it unreachable. */
  statusProbeMs: 3_000,
  /** A second signal within this time is the same press of Ctrl-C. */
  interruptEchoMs: 500,
  progressRedrawMs: 200,
  progressLineMs: 5_000,
  upNodesDefault: 3,
  upNodesMax: 9,
  upPortDefault: 7_600,
  /** Ports that are tried, from the base up. */
  upPortsTriedMax: 200,
  upStatusPollMs: 500,
  upRedrawMs: 300,
  /** From the start of a node until it listens. */
  nodeStartMs: 60_000,
  /** From SIGTERM to SIGKILL. */
  nodeStopMs: 10_000,
  clusterFormMs: 60_000,
  restartDelayMsMin: 250,
  restartDelayMsMax: 10_000,
  /** A node that ran this long before it died is restarted as if for the first time. */
  restartForgetMs: 30_000,
  /** Output of a node that is kept beside the present one, once it has grown so far. */
  nodeLogBytesMax: 16 * MEBIBYTE,
} as const;

assert(
  limits.importLineBytesMax >= 6 * (apiLimits.keyBytesMax + apiLimits.valueBytesMax) + 64,
  "every pair fits a line, however it is escaped",
);
assert(limits.importBatchPairsDefault <= apiLimits.batchItemsMax, "the default batch is a legal command");
assert(
  limits.importBatchBytesMax + apiLimits.keyBytesMax + apiLimits.valueBytesMax <= apiLimits.commandBytesMax,
  "a batch that is nearly full takes the largest pair",
);
assert(limits.exportPageEntries <= apiLimits.scanLimitMax, "a page of an export is a legal scan");
assert(limits.deletePartKeys <= apiLimits.changedKeysMax, "a part of a deletion is a legal command");
assert(limits.leasePageEntries <= apiLimits.scanLimitMax, "a page of leases is a legal request");
assert(
  limits.transactionTextBytesMax >= 4 * (apiLimits.keyBytesMax + apiLimits.valueBytesMax) + 1_024,
  "every pair fits a transaction, however it is escaped",
);
assert(limits.transactionTextBytesMax <= apiLimits.commandBytesMax, "what a text holds fits a command");
assert(limits.scanPageEntries <= apiLimits.scanLimitMax, "a page of a scan is a legal scan");
assert(limits.restartDelayMsMin <= limits.restartDelayMsMax, "the delay of restarts grows");
assert(limits.upNodesDefault <= limits.upNodesMax, "the default number of nodes is a legal one");
