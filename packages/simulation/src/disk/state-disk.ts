import type { KeyValueStateMachine, StorageFault } from "@aspenjs/api";
import { stateMachineLimits } from "@aspenjs/state-machine";
import { createMemoryStateMachine, MemoryStateDisk } from "@aspenjs/state-machine/memory";
import { Layers } from "../faults/layers.ts";
import type { VirtualTime } from "../time/virtual-time.ts";

/** Where a node's state lives while its processes come and go. */
export interface StateDisk {
  open(time: VirtualTime): Promise<KeyValueStateMachine>;
  /** The process died, the machine did not. */
  kill(): void;
  /** What was not flushed is lost. */
  cutPower(): void;
  /** Every write fails from now on. @returns how to mend that, or nothing when this disk cannot do it */
  breakDown(code: "disk_full" | "io_failed"): (() => void) | undefined;
}

export class VirtualStateDisk implements StateDisk {
  readonly #disk: MemoryStateDisk;
  readonly #faults = new Layers<StorageFault | undefined>(undefined);

  constructor(historyRevisionsMax: number = stateMachineLimits.historyRevisionsMax) {
    this.#disk = new MemoryStateDisk({ ...stateMachineLimits, historyRevisionsMax });
  }

  open(): Promise<KeyValueStateMachine> {
    return Promise.resolve(createMemoryStateMachine({ disk: this.#disk }));
  }

  kill(): void {
    this.#disk.kill();
  }

  cutPower(): void {
    this.#disk.cutPower();
  }

  breakDown(code: "disk_full" | "io_failed"): () => void {
    const end = this.#faults.lay({ code, message: `the simulated disk was told to fail with ${code}` });
    this.#disk.fail(this.#faults.top);
    return () => {
      end();
      this.#disk.fail(this.#faults.top);
    };
  }
}
