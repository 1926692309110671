import type { KeyValueStateMachine } from "@aspenjs/api";
import { createMemoryStateMachine, MemoryStateDisk } from "@aspenjs/state-machine/memory";
import type { VirtualTime } from "../time/virtual-time.ts";

/** Where a node's state lives while its processes come and go. */
export interface StateDisk {
  open(time: VirtualTime): Promise<KeyValueStateMachine>;
  /** The process died, the machine did not. */
  kill(): void;
  /** What was not flushed is lost. */
  cutPower(): void;
  /** Every write fails from now on, until the disk is mended. @returns whether this disk can do that */
  breakDown(code: "disk_full" | "io_failed"): boolean;
  mend(): void;
}

export class VirtualStateDisk implements StateDisk {
  readonly #disk = new MemoryStateDisk();

  open(): Promise<KeyValueStateMachine> {
    return Promise.resolve(createMemoryStateMachine({ disk: this.#disk }));
  }

  kill(): void {
    this.#disk.kill();
  }

  cutPower(): void {
    this.#disk.cutPower();
  }

  breakDown(code: "disk_full" | "io_failed"): boolean {
    this.#disk.fail({ code, message: `the simulated disk was told to fail with ${code}` });
    return true;
  }

  mend(): void {
    this.#disk.fail(undefined);
  }
}
