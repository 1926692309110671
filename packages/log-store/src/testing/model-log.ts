import {
  HARD_STATE_ZERO,
  LOG_ID_ZERO,
  type HardState,
  type LogEntry,
  type LogId,
  type LogIndex,
  type LogState,
  type LogWriteBatch,
  type TermRun,
} from "@aspenjs/api";

export type LogOperation =
  | { readonly kind: "append"; readonly batch: LogWriteBatch }
  | { readonly kind: "purge"; readonly through: LogId }
  | { readonly kind: "reset"; readonly to: LogId };

/** What a log store is, without a disk: the contract written down as plainly as possible. */
export class ModelLog {
  #hardState: HardState = HARD_STATE_ZERO;
  #purged: LogId = LOG_ID_ZERO;
  #entries: readonly LogEntry[] = [];
  #committed: LogIndex = 0;

  static of(state: LogState, entries: readonly LogEntry[]): ModelLog {
    const model = new ModelLog();
    model.#hardState = state.hardState;
    model.#purged = state.purged;
    model.#entries = entries;
    model.#committed = state.committed;
    return model;
  }

  /** Behind the purge point, in order. */
  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  get state(): LogState {
    const newest = this.#entries.at(-1);
    const last = newest === undefined ? this.#purged : { term: newest.term, index: newest.index };
    return { hardState: this.#hardState, purged: this.#purged, last, committed: this.#committed };
  }

  get termRuns(): readonly TermRun[] {
    const starts = this.#entries.filter((entry, position) => entry.term !== this.#entries[position - 1]?.term);
    return starts.map((entry) => ({ term: entry.term, firstIndex: entry.index }));
  }

  copy(): ModelLog {
    return ModelLog.of(this.state, this.#entries);
  }

  apply(operation: LogOperation): void {
    if (operation.kind === "append") return this.#append(operation.batch);
    if (operation.kind === "purge") return this.#purge(operation.through);
    this.#purged = operation.to;
    this.#entries = [];
    this.#committed = operation.to.index;
  }

  #append(batch: LogWriteBatch): void {
    const from = batch.truncateFrom ?? Infinity;
    this.#entries = [...this.#entries.filter((entry) => entry.index < from), ...batch.entries];
    this.#hardState = batch.hardState ?? this.#hardState;
    this.#committed = batch.committed ?? this.#committed;
  }

  #purge(through: LogId): void {
    if (through.index <= this.#purged.index) return;
    this.#entries = this.#entries.filter((entry) => entry.index > through.index);
    this.#purged = through;
    this.#committed = Math.max(this.#committed, through.index);
  }
}
