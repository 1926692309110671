import { assert } from "./assert.ts";

/** The bounds of the public contract. Beyond one, a call fails with a typed error; nothing is clamped silently. */
export const limits = {
  keyBytesMax: 1_024,
  valueBytesMax: 1_048_576,
  /** Pairs or keys in one multi command. */
  batchItemsMax: 1_000,
  /** All keys and values of one command together: it must fit one log entry and one frame. */
  commandBytesMax: 8 * 1_048_576,
  scanLimitDefault: 1_000,
  scanLimitMax: 10_000,
  scanPageBytesMax: 4 * 1_048_576,
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
assert(limits.keyBytesMax + limits.valueBytesMax <= limits.commandBytesMax, "one entry always fits a command");
