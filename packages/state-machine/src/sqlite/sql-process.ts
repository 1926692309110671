/**
 * The script of a process that answers queries: one task in, one outcome out. A process and no thread, because nothing
 * short of its end stops SQLite in the middle of a statement: the library is built without its progress callback, and a
 * thread cannot be terminated while it runs native code.
 *
 * Whoever started it ends it when a query takes too long. Its own watchdog ends it when that one is gone, or when it
 * takes too much memory.
 */
import { Worker } from "node:worker_threads";
import { assert } from "@aspenjs/api";
import { SqlStatementGate } from "./sql-statement-gate.ts";
import { performSqlTask, type SqlTask } from "./sql-task.ts";

const WATCHDOG = new URL(import.meta.url.endsWith(".ts") ? "./sql-watchdog.ts" : "./sql-watchdog.js", import.meta.url);

assert(process.send !== undefined, "the process of queries has a channel to the one that started it");
const send = process.send.bind(process);
const watchdog = new Worker(WATCHDOG, { name: "aspen-sql-watchdog", workerData: { parentPid: process.ppid } });
const gate = new SqlStatementGate();

process.on("message", (task: SqlTask) => {
  watchdog.postMessage({ deadlineMs: task.deadlineMs });
  const outcome = performSqlTask(task, gate);
  watchdog.postMessage({ deadlineMs: undefined });
  send(outcome);
});
process.on("disconnect", () => process.exit());
// Ctrl-C on a terminal goes to every process of it; when this one ends is for the other to say.
process.on("SIGINT", () => {});
