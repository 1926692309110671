import type {
  LogId,
  LogIndex,
  LogReadOutcome,
  LogState,
  LogStore,
  LogVerifyOutcome,
  LogWriteBatch,
  NodeId,
  StorageOutcome,
  TermRun,
} from "@aspenjs/api";
import type { ClusterObserver } from "../cluster/cluster-observer.ts";

/** A log store that tells what is done to it. */
export class ObservedLogStore implements LogStore {
  readonly #store: LogStore;
  readonly #nodeId: NodeId;
  readonly #observer: Required<Pick<ClusterObserver, "onLogWrite" | "onLogDurable" | "onLogReset">>;
  readonly #isAlive: () => boolean;

  constructor(init: {
    readonly store: LogStore;
    readonly nodeId: NodeId;
    readonly observer: Required<Pick<ClusterObserver, "onLogWrite" | "onLogDurable" | "onLogReset">>;
    readonly isAlive: () => boolean;
  }) {
    this.#store = init.store;
    this.#nodeId = init.nodeId;
    this.#observer = init.observer;
    this.#isAlive = init.isAlive;
  }

  get state(): LogState {
    return this.#store.state;
  }

  async append(batch: LogWriteBatch): Promise<StorageOutcome> {
    const first = batch.entries[0];
    const previous = first === undefined ? this.#store.state.last : this.#idAt(first.index - 1);
    if (this.#isAlive()) this.#observer.onLogWrite(this.#nodeId, batch, previous);
    const outcome = await this.#store.append(batch);
    if (outcome.kind === "done" && this.#isAlive()) this.#observer.onLogDurable(this.#nodeId, batch);
    return outcome;
  }

  read(from: LogIndex, to: LogIndex, bytesMax: number): LogReadOutcome {
    return this.#store.read(from, to, bytesMax);
  }

  termRuns(): readonly TermRun[] {
    return this.#store.termRuns();
  }

  purge(through: LogId): Promise<StorageOutcome> {
    return this.#store.purge(through);
  }

  async reset(to: LogId): Promise<StorageOutcome> {
    const outcome = this.#store.reset(to);
    if (this.#isAlive()) this.#observer.onLogReset(this.#nodeId, to);
    return outcome;
  }

  verify(): Promise<LogVerifyOutcome> {
    return this.#store.verify();
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #idAt(index: LogIndex): LogId {
    const { purged } = this.#store.state;
    if (index === purged.index) return purged;
    const term = this.#store.termRuns().findLast((run) => run.firstIndex <= index)?.term ?? 0;
    return { term, index };
  }
}
