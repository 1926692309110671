/**
 * The log store over LMDB: what a node uses.
 * @packageDocumentation
 */
export { openLmdbLogStore } from "./open-lmdb-log-store.ts";

export type { LmdbLogStoreOptions } from "./open-lmdb-log-store.ts";
export type { LogStoreIdentity, OpenLogStoreOutcome } from "../open-log-store.ts";
