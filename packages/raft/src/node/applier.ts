import {
  assert,
  type Clock,
  type LogEntry,
  type LogId,
  type LogIndex,
  type LogStore,
  type StateMachine,
  type StorageFault,
} from "@aspenjs/api";
import type { LatencyRecorder } from "./latency-recorder.ts";
import { limits } from "./limits.ts";

export interface ApplierDeps<Result> {
  readonly logStore: LogStore;
  readonly stateMachine: StateMachine<Result>;
  readonly clock: Clock;
  readonly latency: LatencyRecorder;
  /** An entry took effect, in log order. */
  readonly onResult: (logId: LogId, result: Result | undefined) => void;
  /** The entries of one call are applied; `byteLength` is what they weigh in the log. */
  readonly onApplied: (through: LogIndex, byteLength: number) => void;
  readonly onFault: (fault: StorageFault) => void;
}

/**
 * Feeds committed entries to the state machine, one slice at a time, and lets the event loop breathe between slices: a
 * slice grows and shrinks with what the last one cost (S4).
 */
export class Applier<Result> {
  readonly #deps: ApplierDeps<Result>;
  #through: LogIndex;
  #sliceEntries: number = limits.applyEntriesMin;
  #isStopped = false;
  /** The one thing that happens to the state machine at a time. */
  #tail: Promise<void> = Promise.resolve();
  #isRunning = false;

  constructor(deps: ApplierDeps<Result>) {
    this.#deps = deps;
    this.#through = deps.stateMachine.appliedState.lastApplied.index;
  }

  get applied(): LogIndex {
    return this.#deps.stateMachine.appliedState.lastApplied.index;
  }

  applyThrough(index: LogIndex): void {
    this.#through = Math.max(this.#through, index);
    if (this.#isRunning || this.#isStopped) return;
    this.#isRunning = true;
    void this.exclusive(() => this.#run());
  }

  /** Runs `task` while nothing is applied: for installing a snapshot. */
  exclusive<Value>(task: () => Promise<Value>): Promise<Value> {
    const result = this.#tail.then(task);
    this.#tail = result.then(
      () => {},
      () => {},
    );
    return result;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#tail;
  }

  async #run(): Promise<void> {
    try {
      while (!this.#isStopped && this.applied < this.#through) {
        const isApplied = await this.#applySlice();
        if (!isApplied) return;
        if (this.applied < this.#through) await new Promise<void>((resolve) => this.#deps.clock.defer(resolve));
      }
    } catch (cause) {
      this.#fail({ code: "io_failed", message: "the state machine failed unexpectedly", cause });
    } finally {
      this.#isRunning = false;
    }
  }

  async #applySlice(): Promise<boolean> {
    const entries = this.#readSlice();
    if (entries === undefined) return false;
    const startMs = this.#deps.clock.nowMs();
    const outcome = await this.#deps.stateMachine.apply(entries);
    if (outcome.kind === "fault") {
      this.#fail(outcome.fault);
      return false;
    }
    const durationMs = this.#deps.clock.nowMs() - startMs;
    this.#deps.latency.record(durationMs);
    this.#adaptSlice(entries.length, durationMs);
    assert(outcome.results.length === entries.length, "the state machine answers for every entry");
    let byteLength = 0;
    for (const [position, entry] of entries.entries()) {
      if (entry.payload.kind === "command") byteLength += entry.payload.command.byteLength;
      this.#deps.onResult(entry, outcome.results[position]);
    }
    this.#deps.onApplied(this.applied, byteLength);
    return true;
  }

  #readSlice(): readonly LogEntry[] | undefined {
    const from = this.applied + 1;
    const sliceEntries = globalThis.aspenFaultPoint?.("raft/apply-one-entry") === true ? 1 : this.#sliceEntries;
    const to = Math.min(this.#through, this.applied + sliceEntries) + 1;
    const outcome = this.#deps.logStore.read(from, to, limits.applyBytesMax);
    switch (outcome.kind) {
      case "entries":
        return outcome.entries;
      case "purged":
        this.#fail({ code: "corrupt", message: `the log was purged before entry ${from} was applied` });
        return undefined;
      case "fault":
        this.#fail(outcome.fault);
        return undefined;
    }
  }

  #adaptSlice(entryCount: number, durationMs: number): void {
    if (durationMs > limits.applySliceMs) {
      this.#sliceEntries = Math.max(limits.applyEntriesMin, Math.floor(entryCount / 2));
    } else if (entryCount >= this.#sliceEntries && durationMs < limits.applySliceMs / 2) {
      this.#sliceEntries = Math.min(limits.applyEntriesMax, this.#sliceEntries * 2);
    }
  }

  #fail(fault: StorageFault): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#deps.onFault(fault);
  }
}
