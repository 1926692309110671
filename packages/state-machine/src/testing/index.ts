/**
 * The acceptance suite of the key-value state machine, free of any test framework, and a writer of logs for tests.
 * @packageDocumentation
 */
export { bytesOf, LogScript, membershipOf, textOf } from "./log-script.ts";
export { NASTY_KEYS } from "./read-cases.ts";
export { stateMachineCases } from "./state-machine-cases.ts";

export type { StateMachineReplica, StateMachineSubject } from "./state-machine-subject.ts";
