import type {
  AppliedState,
  ApplyOutcome,
  ChangePage,
  CommandResult,
  FlushOutcome,
  KeyValueEntry,
  KeyValueStateMachine,
  LeaseId,
  LeaseKeys,
  LogEntry,
  NodeId,
  Revision,
  ScanPage,
  ScanQuery,
  SnapshotInstallOutcome,
  SnapshotMeta,
  SnapshotSink,
  SnapshotSource,
  SqlReader,
  StorageOutcome,
  StoredLease,
  TakeSnapshotOutcome,
} from "@aspenjs/api";
import type { ClusterObserver } from "../cluster/cluster-observer.ts";
import { SimulatedSql } from "./simulated-sql.ts";

/** How long the machine takes; resolves never when its process is gone. */
export type Pace = (work: "apply" | "flush" | "query" | "snapshot") => Promise<void>;

type MachineObserver = Required<Pick<ClusterObserver, "onApplied" | "onSnapshotInstalled">>;

export interface ObservedStateMachineInit {
  readonly machine: KeyValueStateMachine;
  readonly nodeId: NodeId;
  readonly observer: MachineObserver;
  readonly pace: Pace;
  readonly isAlive: () => boolean;
}

/** A state machine that tells what is done to it, and takes its time. */
export class ObservedStateMachine implements KeyValueStateMachine {
  readonly sql: SqlReader;
  readonly #init: ObservedStateMachineInit;

  constructor(init: ObservedStateMachineInit) {
    this.#init = init;
    this.sql = new SimulatedSql(init.machine, () => init.pace("query"));
  }

  get appliedState(): AppliedState {
    return this.#init.machine.appliedState;
  }

  get revision(): Revision {
    return this.#init.machine.revision;
  }

  get logTimeMs(): number {
    return this.#init.machine.logTimeMs;
  }

  get firstRevision(): Revision {
    return this.#init.machine.firstRevision;
  }

  get latestSnapshot(): SnapshotMeta | undefined {
    return this.#init.machine.latestSnapshot;
  }

  /**
   * One entry at a time, so that the effect of each can be seen; no event comes in between. What is applied is on the
   * disk before anybody hears of it: the process may die then.
   */
  async apply(entries: readonly LogEntry[]): Promise<ApplyOutcome<CommandResult>> {
    const { machine, nodeId, observer, pace, isAlive } = this.#init;
    const results: (CommandResult | undefined)[] = [];
    for (const entry of entries) {
      const outcome = await machine.apply([entry]);
      if (outcome.kind === "fault") return outcome;
      const [result] = outcome.results;
      results.push(result);
      if (isAlive()) observer.onApplied(nodeId, entry, result, machine);
    }
    await pace("apply");
    return { kind: "applied", results };
  }

  /** More may be applied while it lasts, and is not part of it. */
  async flush(): Promise<FlushOutcome> {
    await this.#init.pace("flush");
    const outcome = await this.#init.machine.flush();
    await this.#init.pace("flush");
    return outcome;
  }

  get(key: string): KeyValueEntry | undefined {
    return this.#init.machine.get(key);
  }

  scan(query: ScanQuery): ScanPage {
    return this.#init.machine.scan(query);
  }

  lease(leaseId: LeaseId): StoredLease | undefined {
    return this.#init.machine.lease(leaseId);
  }

  leases(after: LeaseId, limit: number): readonly StoredLease[] {
    return this.#init.machine.leases(after, limit);
  }

  leasesDueBy(logTimeMs: number, limit: number): readonly LeaseId[] {
    return this.#init.machine.leasesDueBy(logTimeMs, limit);
  }

  leaseKeys(leaseId: LeaseId, limit: number): LeaseKeys {
    return this.#init.machine.leaseKeys(leaseId, limit);
  }

  changesFrom(revision: Revision, bytesMax: number): ChangePage {
    return this.#init.machine.changesFrom(revision, bytesMax);
  }

  checksum(): Promise<string> {
    return this.#init.machine.checksum();
  }

  async takeSnapshot(): Promise<TakeSnapshotOutcome> {
    await this.#init.pace("snapshot");
    return this.#init.machine.takeSnapshot();
  }

  openSnapshot(): Promise<SnapshotSource | undefined> {
    return this.#init.machine.openSnapshot();
  }

  async receiveSnapshot(meta: SnapshotMeta): Promise<SnapshotSink> {
    return new ObservedSnapshotSink(await this.#init.machine.receiveSnapshot(meta), this.#init);
  }

  close(): Promise<void> {
    return this.#init.machine.close();
  }
}

class ObservedSnapshotSink implements SnapshotSink {
  readonly #sink: SnapshotSink;
  readonly #init: ObservedStateMachineInit;

  constructor(sink: SnapshotSink, init: ObservedStateMachineInit) {
    this.#sink = sink;
    this.#init = init;
  }

  get meta(): SnapshotMeta {
    return this.#sink.meta;
  }

  get receivedBytes(): number {
    return this.#sink.receivedBytes;
  }

  async write(bytes: Uint8Array): Promise<StorageOutcome> {
    await this.#init.pace("apply");
    return this.#sink.write(bytes);
  }

  async install(): Promise<SnapshotInstallOutcome> {
    const { machine, nodeId, observer, pace, isAlive } = this.#init;
    await pace("snapshot");
    const outcome = await this.#sink.install();
    if (outcome.kind === "installed" && isAlive()) observer.onSnapshotInstalled(nodeId, this.meta, machine);
    await pace("snapshot");
    return outcome;
  }

  close(): Promise<void> {
    return this.#sink.close();
  }
}
