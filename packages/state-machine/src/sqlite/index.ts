/**
 * The key-value state machine on SQLite: one file for the state, one for the latest snapshot.
 * @packageDocumentation
 */
export { openSqliteStateMachine } from "./open-sqlite-state-machine.ts";

export type { OpenSqliteStateMachineOutcome, SqliteStateMachineOptions } from "./open-sqlite-state-machine.ts";
