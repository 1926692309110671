/**
 * The log store in memory, on a disk that crashes, fails and rots on command.
 * @packageDocumentation
 */
export { createMemoryLogStore } from "./create-memory-log-store.ts";
export { MemoryDisk } from "./memory-disk.ts";

export type { MemoryLogStoreOptions } from "./create-memory-log-store.ts";
export type { CrashOptions, MemoryDiskOptions } from "./memory-disk.ts";
export type { LogStoreIdentity, OpenLogStoreOutcome } from "../open-log-store.ts";
