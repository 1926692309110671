/**
 * Simulated clusters whose nodes keep their state in real SQLite files: slower, and closer to production.
 * @packageDocumentation
 */
export { SqliteStateDisk } from "./sqlite-state-disk.ts";
