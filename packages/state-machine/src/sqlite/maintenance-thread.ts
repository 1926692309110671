import { Worker } from "node:worker_threads";
import { assert, type StorageFault } from "@aspenjs/api";
import type { AnyMaintenanceOutcome, Maintenance, MaintenanceOutcome, MaintenanceTask } from "./maintenance.ts";

/** Beside this module, in the sources as in the build. */
const SCRIPT = new URL(
  import.meta.url.endsWith(".ts") ? "./maintenance-worker.ts" : "./maintenance-worker.js",
  import.meta.url,
);

type Settle = (outcome: AnyMaintenanceOutcome) => void;

/** Maintenance on a thread of its own, started at the first task and kept. It never keeps the process alive idle. */
export class MaintenanceThread implements Maintenance {
  #worker: Worker | undefined;
  #waiting: Settle[] = [];

  run<Kind extends MaintenanceTask["kind"]>(
    task: Extract<MaintenanceTask, { kind: Kind }>,
  ): Promise<MaintenanceOutcome<Kind>> {
    const worker = this.#started();
    return new Promise((resolve) => {
      // The thread answers in order, so this is the outcome of this kind of task.
      this.#waiting.push((outcome) => resolve(outcome as MaintenanceOutcome<Kind>));
      worker.ref();
      worker.postMessage(task);
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
    this.#fail({ code: "closed", message: "the maintenance thread was closed" });
  }

  #started(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(SCRIPT, { name: "aspen-state-maintenance" });
    worker.unref();
    worker.on("message", (outcome: AnyMaintenanceOutcome) => {
      const settle = this.#waiting.shift();
      assert(settle !== undefined, "an outcome answers a task");
      if (this.#waiting.length === 0) worker.unref();
      settle(outcome);
    });
    worker.on("error", (cause) => this.#end(worker, "the maintenance thread failed", cause));
    worker.on("exit", () => this.#end(worker, "the maintenance thread ended", undefined));
    this.#worker = worker;
    return worker;
  }

  #end(worker: Worker, message: string, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#fail({ code: "io_failed", message, cause });
  }

  #fail(fault: StorageFault): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const settle of waiting) settle({ kind: "fault", fault });
  }
}
