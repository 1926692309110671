import type { Logger, LogIndex, StateMachine, StorageFault } from "@aspenjs/api";

export interface CompactorDeps {
  readonly stateMachine: StateMachine<unknown>;
  readonly logger: Logger;
  readonly compactionEntries: number;
  readonly compactionBytes: number;
  readonly onDurable: (through: LogIndex) => void;
  readonly onFault: (fault: StorageFault) => void;
}

/**
 * Decides when the log may shrink: after so many entries or bytes it makes the state machine's state durable and tells
 * the core how far that reaches. No snapshot is written for it.
 */
export class Compactor {
  readonly #deps: CompactorDeps;
  #durableIndex: LogIndex;
  #byteLength = 0;
  #isFlushing = false;

  constructor(deps: CompactorDeps) {
    this.#deps = deps;
    this.#durableIndex = deps.stateMachine.appliedState.lastApplied.index;
  }

  noteApplied(through: LogIndex, byteLength: number): void {
    this.#byteLength += byteLength;
    const isDue =
      through - this.#durableIndex >= this.#deps.compactionEntries ||
      this.#byteLength >= this.#deps.compactionBytes ||
      globalThis.aspenFaultPoint?.("raft/compact-now") === true;
    if (isDue && !this.#isFlushing) void this.flush();
  }

  async flush(): Promise<void> {
    this.#isFlushing = true;
    this.#byteLength = 0;
    try {
      const outcome = await this.#deps.stateMachine.flush();
      if (outcome.kind === "fault") return this.#deps.onFault(outcome.fault);
      this.#durableIndex = outcome.durable.index;
      this.#deps.onDurable(outcome.durable.index);
    } catch (cause) {
      this.#deps.onFault({ code: "io_failed", message: "the state machine could not be made durable", cause });
    } finally {
      this.#isFlushing = false;
    }
  }
}
