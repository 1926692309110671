/** The script of the maintenance thread: one task in, one outcome out, in order. */
import { parentPort } from "node:worker_threads";
import { assert } from "@aspenjs/api";
import { performMaintenance, type MaintenanceTask } from "./maintenance.ts";

assert(parentPort !== null, "the maintenance worker runs in a worker thread");
const port = parentPort;
let previous: Promise<void> = Promise.resolve();

port.on("message", (task: MaintenanceTask) => {
  previous = previous.then(async () => port.postMessage(await performMaintenance(task)));
});
