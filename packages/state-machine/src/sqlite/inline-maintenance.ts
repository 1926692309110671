import { performMaintenance, type Maintenance, type MaintenanceOutcome, type MaintenanceTask } from "./maintenance.ts";
import { SerialQueue } from "./serial-queue.ts";

/** The same work on the calling thread: for simulations, where nothing may happen beside the one turn. */
export class InlineMaintenance implements Maintenance {
  readonly #tasks = new SerialQueue();

  run<Kind extends MaintenanceTask["kind"]>(
    task: Extract<MaintenanceTask, { kind: Kind }>,
  ): Promise<MaintenanceOutcome<Kind>> {
    const outcome = this.#tasks.run(() => performMaintenance(task));
    return outcome as Promise<MaintenanceOutcome<Kind>>;
  }

  async close(): Promise<void> {
    await this.#tasks.run(async () => {});
  }
}
