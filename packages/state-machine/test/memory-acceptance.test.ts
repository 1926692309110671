import { describe, test } from "vitest";
import { createMemoryStateMachine, MemoryStateDisk } from "../src/memory/index.ts";
import { stateMachineCases, type StateMachineReplica, type StateMachineSubject } from "../src/testing/index.ts";

class MemoryReplica implements StateMachineReplica {
  readonly #disk = new MemoryStateDisk();
  machine = createMemoryStateMachine({ disk: this.#disk });

  async restart(): Promise<void> {
    await this.machine.close();
    this.machine = createMemoryStateMachine({ disk: this.#disk });
  }

  async restartAfterPowerCut(): Promise<void> {
    this.#disk.cutPower();
    this.machine = createMemoryStateMachine({ disk: this.#disk });
  }
}

const subject: StateMachineSubject = { openReplica: async () => new MemoryReplica() };

describe("the state machine in memory", () => {
  for (const { name, run } of stateMachineCases) test(name, () => run(subject));
});
