/**
 * What every backend of the log store shares: the bytes of entries and of the header, and the hash chain over them.
 * Backends are behind `./lmdb` and `./memory`.
 * @packageDocumentation
 */
export { assertLogWriteBatch } from "./batch-validation.ts";
export { CHAIN_GENESIS, ChainHasher, HASH_BYTES, loadChainHasher } from "./chain-hasher.ts";
export { ChainedLogStore } from "./chained-log-store.ts";
export { decodeEntry, encodeEntry } from "./entry-codec.ts";
export { limits } from "./limits.ts";
export { decodeHeader, emptyHeader, encodeHeader } from "./log-header.ts";
export { openLogStore } from "./open-log-store.ts";
export { TermRuns } from "./term-runs.ts";

export type { IndexRange, LogChange } from "./log-change.ts";
export type { LogHeader } from "./log-header.ts";
export type { LogStoreIdentity, OpenLogStoreOutcome } from "./open-log-store.ts";
export type { RowDisk, RowRead } from "./row-disk.ts";
export type { StoredRow } from "./stored-row.ts";
