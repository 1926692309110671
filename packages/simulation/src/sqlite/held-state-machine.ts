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
  Revision,
  ScanPage,
  ScanQuery,
  SnapshotInstallOutcome,
  SnapshotMeta,
  SnapshotReadOutcome,
  SnapshotSink,
  SnapshotSource,
  StorageOutcome,
  StoredLease,
  TakeSnapshotOutcome,
} from "@aspenjs/api";
import type { VirtualTime } from "../time/virtual-time.ts";

/** A state machine that works in real time, on a real disk: virtual time stands still whenever it is at work. */
export class HeldStateMachine implements KeyValueStateMachine {
  readonly #machine: KeyValueStateMachine;
  readonly #time: VirtualTime;
  readonly #handles = new Set<SnapshotSource | SnapshotSink>();
  #isAbandoned = false;

  constructor(machine: KeyValueStateMachine, time: VirtualTime) {
    this.#machine = machine;
    this.#time = time;
  }

  /** The process is gone, and nobody in it closes anything any more: what an operating system does then. */
  async abandon(): Promise<void> {
    this.#isAbandoned = true;
    for (const handle of this.#handles) await handle.close();
    await this.#machine.close();
  }

  /** What was still being opened when the process ended is closed as well. */
  #note(handle: SnapshotSource | SnapshotSink): void {
    if (this.#isAbandoned) void handle.close();
    else this.#handles.add(handle);
  }

  get appliedState(): AppliedState {
    return this.#machine.appliedState;
  }

  get revision(): Revision {
    return this.#machine.revision;
  }

  get logTimeMs(): number {
    return this.#machine.logTimeMs;
  }

  get firstRevision(): Revision {
    return this.#machine.firstRevision;
  }

  get latestSnapshot(): SnapshotMeta | undefined {
    return this.#machine.latestSnapshot;
  }

  apply(entries: readonly LogEntry[]): Promise<ApplyOutcome<CommandResult>> {
    return this.#time.hold(this.#machine.apply(entries));
  }

  flush(): Promise<FlushOutcome> {
    return this.#time.hold(this.#machine.flush());
  }

  get(key: string): KeyValueEntry | undefined {
    return this.#machine.get(key);
  }

  scan(query: ScanQuery): ScanPage {
    return this.#machine.scan(query);
  }

  lease(leaseId: LeaseId): StoredLease | undefined {
    return this.#machine.lease(leaseId);
  }

  leases(after: LeaseId, limit: number): readonly StoredLease[] {
    return this.#machine.leases(after, limit);
  }

  leasesDueBy(logTimeMs: number, limit: number): readonly LeaseId[] {
    return this.#machine.leasesDueBy(logTimeMs, limit);
  }

  leaseKeys(leaseId: LeaseId, limit: number): LeaseKeys {
    return this.#machine.leaseKeys(leaseId, limit);
  }

  changesFrom(revision: Revision, bytesMax: number): ChangePage {
    return this.#machine.changesFrom(revision, bytesMax);
  }

  checksum(): Promise<string> {
    return this.#time.hold(this.#machine.checksum());
  }

  takeSnapshot(): Promise<TakeSnapshotOutcome> {
    return this.#time.hold(this.#machine.takeSnapshot());
  }

  async openSnapshot(): Promise<SnapshotSource | undefined> {
    const source = await this.#time.hold(this.#machine.openSnapshot());
    if (source === undefined) return undefined;
    this.#note(source);
    return new HeldSnapshotSource(source, this.#time);
  }

  async receiveSnapshot(meta: SnapshotMeta): Promise<SnapshotSink> {
    const sink = await this.#time.hold(this.#machine.receiveSnapshot(meta));
    this.#note(sink);
    return new HeldSnapshotSink(sink, this.#time);
  }

  close(): Promise<void> {
    return this.#time.hold(this.#machine.close());
  }
}

class HeldSnapshotSource implements SnapshotSource {
  readonly meta: SnapshotMeta;
  readonly #source: SnapshotSource;
  readonly #time: VirtualTime;

  constructor(source: SnapshotSource, time: VirtualTime) {
    this.meta = source.meta;
    this.#source = source;
    this.#time = time;
  }

  read(offset: number, length: number): Promise<SnapshotReadOutcome> {
    return this.#time.hold(this.#source.read(offset, length));
  }

  close(): Promise<void> {
    return this.#time.hold(this.#source.close());
  }
}

class HeldSnapshotSink implements SnapshotSink {
  readonly meta: SnapshotMeta;
  readonly #sink: SnapshotSink;
  readonly #time: VirtualTime;

  constructor(sink: SnapshotSink, time: VirtualTime) {
    this.meta = sink.meta;
    this.#sink = sink;
    this.#time = time;
  }

  get receivedBytes(): number {
    return this.#sink.receivedBytes;
  }

  write(bytes: Uint8Array): Promise<StorageOutcome> {
    return this.#time.hold(this.#sink.write(bytes));
  }

  install(): Promise<SnapshotInstallOutcome> {
    return this.#time.hold(this.#sink.install());
  }

  close(): Promise<void> {
    return this.#time.hold(this.#sink.close());
  }
}
