/**
 * Scenarios of one's own as tests, in vitest or any framework like it: a seed is a test.
 * @packageDocumentation
 */
export { createSimulate } from "./create-simulate.ts";

export type { Simulate, SimulateOptions, TestFramework } from "./create-simulate.ts";
