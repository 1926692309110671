/**
 * The acceptance suite of the transport contract, free of any test framework, and a clock and a generator for tests
 * that must run the same way every time.
 * @packageDocumentation
 */
export { createSeededRandom } from "./seeded-random.ts";
export { createVirtualClock } from "./virtual-clock.ts";
export { transportCases } from "./transport-cases.ts";

export type { HarnessEndpointOptions, TransportHarness } from "./transport-harness.ts";
export type { VirtualClock, VirtualClockOptions } from "./virtual-clock.ts";
