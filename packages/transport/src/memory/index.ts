/**
 * The transport in memory: deterministic, with controls for delay, loss, partition and corruption.
 * @packageDocumentation
 */
export { createMemoryNetwork } from "./memory-network.ts";

export type { MemoryNetwork, MemoryNetworkOptions, MemoryTransportOptions } from "./memory-network.ts";
export type { Corruption, Delay, FaultCounts, NetworkFaults, Partition } from "./network-faults.ts";
