/** The script of the thread that ends its process: beside a statement that runs, nothing else in it does. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "@aspenjs/api";
import { stateMachineLimits as limits } from "../limits.ts";

const GLANCE_MS = 10;

assert(parentPort !== null, "the watchdog runs in a worker thread");
const { parentPid } = workerData as { readonly parentPid: number };
let watch: NodeJS.Timeout | undefined;

parentPort.on("message", ({ deadlineMs }: { readonly deadlineMs: number | undefined }) => {
  clearInterval(watch);
  if (deadlineMs === undefined) return;
  const endMs = performance.now() + deadlineMs + limits.sqlProcessGraceMs;
  watch = setInterval(() => {
    if (performance.now() > endMs || process.ppid !== parentPid) process.kill(process.pid, "SIGKILL");
    // Another signal, so that the other side can tell why.
    if (process.memoryUsage.rss() > limits.sqlProcessBytesMax) process.kill(process.pid, "SIGTERM");
  }, GLANCE_MS);
});
