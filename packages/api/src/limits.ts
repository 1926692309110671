import { assert } from "./assert.ts";

/** The bounds of the public contract. Beyond one, a call fails with a typed error; nothing is clamped silently. */
export const limits = {
  keyBytesMax: 1_024,
  valueBytesMax: 1_048_576,
  /** A bound of a range may name the place right behind a key. */
  rangeBoundBytesMax: 2 * 1_024,
  /** Pairs or keys in one multi command. */
  batchItemsMax: 1_000,
  /** All keys and values of one command together: it must fit one log entry and one frame. */
  commandBytesMax: 8 * 1_048_576,
  /** Compares and operations of one transaction, both branches together. */
  transactionItemsMax: 1_000,
  /** Keys that one command may delete by a range or with a lease: an entry of the log is applied in one piece. */
  changedKeysMax: 10_000,
  /** Entries that one write answers with, and their keys and values together. */
  resultEntriesMax: 10_000,
  resultBytesMax: 4 * 1_048_576,
  leaseIdMax: Number.MAX_SAFE_INTEGER,
  leaseTtlMsMin: 100,
  /** Ten years. */
  leaseTtlMsMax: 10 * 366 * 86_400_000,
  leasesMax: 100_000,
  scanLimitDefault: 1_000,
  scanLimitMax: 10_000,
  scanPageBytesMax: 4 * 1_048_576,
  watchProgressMsMin: 100,
  watchProgressMsMax: 3_600_000,
  /** Prefixes that one subscription to the log may name: as many as a ticket. */
  logKeyPrefixesMax: 16,
  sqlTextBytesMax: 64 * 1_024,
  sqlParametersMax: 100,
  /** All parameters of one query together. */
  sqlParameterBytesMax: 1_048_576,
  sqlRowsMax: 10_000,
  sqlResultBytesMax: 4 * 1_048_576,
  /**
   * What the cells of one result weigh together, names of columns included: 1 for NULL and for a safe integer, 4 for
   * text and bytes, 5 for any other number. It bounds what a reader allocates for them.
   */
  sqlResultWeightMax: 128_000,
  sqlDeadlineMsDefault: 5_000,
  sqlDeadlineMsMax: 30_000,
  peersMax: 64,
  nodeAddressesMax: 16,
  addressBytesMax: 512,
  peerIdBytesMax: 128,
  nodeIdMax: Number.MAX_SAFE_INTEGER,
  /** A learner this close to the leader's last log index may become a voter. */
  promotionLagEntriesMax: 100,
} as const;

assert(limits.scanLimitDefault <= limits.scanLimitMax, "the default scan limit is a legal scan limit");
assert(limits.keyBytesMax + limits.valueBytesMax <= limits.scanPageBytesMax, "one entry always fits a scan page");
assert(limits.keyBytesMax + limits.valueBytesMax <= limits.resultBytesMax, "one entry always fits a result");
assert(limits.batchItemsMax <= limits.resultEntriesMax, "a multi command may answer with all its entries");
assert(limits.keyBytesMax + limits.valueBytesMax <= limits.commandBytesMax, "one entry always fits a command");
assert(limits.sqlDeadlineMsDefault <= limits.sqlDeadlineMsMax, "the default time of a query is a legal one");
