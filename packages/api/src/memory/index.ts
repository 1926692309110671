/**
 * The two user-facing contracts in one process, without I/O or dice, by a clock that is given: what programs test
 * themselves with.
 * @packageDocumentation
 */
export { createMemoryClusterController } from "./memory-cluster-controller.ts";
export { createMemoryKeyValueStore } from "./memory-key-value-store.ts";
export type { MemoryClusterOptions } from "./memory-cluster-controller.ts";
export type { MemoryKeyValueStoreOptions } from "./memory-key-value-store.ts";
