/**
 * Scenarios of one's own as tests of vitest: a seed is a test.
 * @packageDocumentation
 */
export { simulate } from "./simulate.ts";
export type { SimulateOptions } from "./simulate.ts";
