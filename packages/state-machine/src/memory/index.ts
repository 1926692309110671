/**
 * The key-value state machine in memory, with a disk that can lose what was not flushed.
 * @packageDocumentation
 */
export { createMemoryStateMachine } from "./memory-state-machine.ts";
export { MemoryStateDisk } from "./memory-state-disk.ts";

export type { MemoryStateMachineOptions } from "./memory-state-machine.ts";
