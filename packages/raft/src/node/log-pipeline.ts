import type { Clock, LogStore, StorageFault, StorageOutcome } from "@aspenjs/api";
import type { Effect } from "../core/effect.ts";
import type { LatencyRecorder } from "./latency-recorder.ts";

type Persist = Extract<Effect, { readonly kind: "persist" }>;
type Send = Extract<Effect, { readonly kind: "send" }>;

export interface LogPipelineDeps {
  readonly logStore: LogStore;
  readonly clock: Clock;
  readonly latency: LatencyRecorder;
  /** Everything up to this sequence number is durable. */
  readonly onPersisted: (sequence: number) => void;
  readonly onSend: (send: Send) => void;
  readonly onFault: (fault: StorageFault) => void;
}

interface Write {
  readonly sequence: number;
  isDone: boolean;
}

/**
 * Hands writes to the log store in order and holds back what must not leave before they are durable (S1 to S3). After
 * a fault nothing is reported and nothing leaves any more.
 */
export class LogPipeline {
  readonly #deps: LogPipelineDeps;
  readonly #writes: Write[] = [];
  #held: Send[] = [];
  #durableSequence = 0;
  #isBroken = false;
  readonly #pending = new Set<Promise<void>>();

  constructor(deps: LogPipelineDeps) {
    this.#deps = deps;
  }

  persist({ sequence, operation }: Persist): void {
    if (this.#isBroken) return;
    const write: Write = { sequence, isDone: false };
    this.#writes.push(write);
    const { logStore } = this.#deps;
    switch (operation.kind) {
      case "write":
        this.#await(write, logStore.append(operation.batch));
        return;
      case "reset":
        this.#await(write, logStore.reset(operation.to));
        return;
      case "purge":
        // Nothing waits for a purge: entries behind it are as durable without it.
        this.#await({ sequence, isDone: false }, logStore.purge(operation.through));
        this.#complete(write);
        return;
    }
  }

  send(send: Send): void {
    if (this.#isBroken) return;
    if (send.after <= this.#durableSequence) this.#deps.onSend(send);
    else this.#held.push(send);
  }

  stop(): void {
    this.#isBroken = true;
    this.#held = [];
  }

  /** Resolves when nothing is under way in the store. */
  async idle(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  #await(write: Write, outcome: Promise<StorageOutcome>): void {
    const startMs = this.#deps.clock.nowMs();
    const settled = outcome.then(
      (result) => {
        this.#pending.delete(settled);
        this.#deps.latency.record(this.#deps.clock.nowMs() - startMs);
        if (result.kind === "fault") this.#break(result.fault);
        else this.#complete(write);
      },
      (cause: unknown) => {
        this.#pending.delete(settled);
        this.#break({ code: "io_failed", message: "the log store failed unexpectedly", cause });
      },
    );
    this.#pending.add(settled);
  }

  #complete(write: Write): void {
    write.isDone = true;
    if (this.#isBroken) return;
    const before = this.#durableSequence;
    while (this.#writes[0]?.isDone === true) this.#durableSequence = this.#writes.shift()?.sequence ?? before;
    if (this.#durableSequence === before) return;
    const ready = this.#held.filter((send) => send.after <= this.#durableSequence);
    if (ready.length > 0) {
      this.#held = this.#held.filter((send) => send.after > this.#durableSequence);
      for (const send of ready) this.#deps.onSend(send);
    }
    this.#deps.onPersisted(this.#durableSequence);
  }

  #break(fault: StorageFault): void {
    if (this.#isBroken) return;
    this.stop();
    this.#deps.onFault(fault);
  }
}
