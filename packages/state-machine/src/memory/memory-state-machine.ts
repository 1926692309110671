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
  SnapshotMeta,
  SnapshotSink,
  SnapshotSource,
  StorageFault,
  StoredLease,
  TakeSnapshotOutcome,
} from "@aspenjs/api";
import { Blake3 } from "../blake3.ts";
import { decodeEntries } from "../decoded-entry.ts";
import { scanBounds } from "../key-range.ts";
import { collectScanPage, SCAN_PAGE_EMPTY } from "../scan-page.ts";
import { isSameSnapshot } from "../snapshot-meta-row.ts";
import { storageFaultError } from "../storage-fault-error.ts";
import { MemorySnapshotSink } from "./memory-snapshot-sink.ts";
import { MemorySnapshotSource } from "./memory-snapshot-source.ts";
import { MemoryStateDisk } from "./memory-state-disk.ts";

export interface MemoryStateMachineOptions {
  /** A disk to go on from, after an earlier machine on it was closed, killed or lost its power. */
  readonly disk?: MemoryStateDisk;
}

const CLOSED: StorageFault = { code: "closed", message: "the state machine is closed" };

export function createMemoryStateMachine(options: MemoryStateMachineOptions = {}): KeyValueStateMachine {
  return new MemoryStateMachine(options.disk ?? new MemoryStateDisk());
}

class MemoryStateMachine implements KeyValueStateMachine {
  readonly #disk: MemoryStateDisk;
  readonly #generation: number;
  #fault: StorageFault | undefined;

  constructor(disk: MemoryStateDisk) {
    disk.kill();
    this.#disk = disk;
    this.#generation = disk.generation;
  }

  get appliedState(): AppliedState {
    const { lastApplied, membership } = this.#disk.contents.state;
    return { lastApplied, membership };
  }

  get revision(): Revision {
    return this.#disk.contents.state.revision;
  }

  get logTimeMs(): number {
    return this.#disk.contents.state.logTimeMs;
  }

  get firstRevision(): Revision {
    return this.#disk.contents.state.history.firstRevision;
  }

  get latestSnapshot(): SnapshotMeta | undefined {
    return this.#disk.snapshot?.meta;
  }

  async apply(entries: readonly LogEntry[]): Promise<ApplyOutcome<CommandResult>> {
    const fault = this.#writeFault();
    if (fault !== undefined) return { kind: "fault", fault };
    const decoded = decodeEntries(entries);
    if (decoded.kind === "fault") return this.#fail(decoded.fault);
    const { state, table } = this.#disk.contents;
    return { kind: "applied", results: decoded.entries.map((entry) => state.apply(entry, table)) };
  }

  async flush(): Promise<FlushOutcome> {
    const fault = this.#writeFault();
    if (fault !== undefined) return { kind: "fault", fault };
    this.#disk.flush();
    return { kind: "flushed", durable: this.appliedState.lastApplied };
  }

  get(key: string): KeyValueEntry | undefined {
    this.#assertReadable();
    return this.#disk.contents.table.get(key);
  }

  scan(query: ScanQuery): ScanPage {
    this.#assertReadable();
    const bounds = scanBounds(query);
    if (bounds === undefined) return SCAN_PAGE_EMPTY;
    const { table } = this.#disk.contents;
    if (query.limit === 0) return { entries: [], count: table.count(bounds), isTruncated: false };
    return collectScanPage(table.entriesIn(bounds, query, query.limit + 1), query);
  }

  lease(leaseId: LeaseId): StoredLease | undefined {
    this.#assertReadable();
    return this.#disk.contents.state.leases.status(leaseId);
  }

  leases(after: LeaseId, limit: number): readonly StoredLease[] {
    this.#assertReadable();
    return this.#disk.contents.state.leases.page(after, limit);
  }

  leasesDueBy(logTimeMs: number, limit: number): readonly LeaseId[] {
    this.#assertReadable();
    return this.#disk.contents.state.leases.dueBy(logTimeMs, limit);
  }

  leaseKeys(leaseId: LeaseId, limit: number): LeaseKeys {
    this.#assertReadable();
    const { state, table } = this.#disk.contents;
    return { keyCount: state.leases.keyCount(leaseId), keys: table.leaseKeys(leaseId, limit) };
  }

  changesFrom(revision: Revision, bytesMax: number): ChangePage {
    this.#assertReadable();
    return this.#disk.contents.state.history.changesFrom(revision, bytesMax);
  }

  async checksum(): Promise<string> {
    this.#assertReadable();
    return this.#disk.checksum();
  }

  async takeSnapshot(): Promise<TakeSnapshotOutcome> {
    const fault = this.#writeFault();
    if (fault !== undefined) return { kind: "fault", fault };
    const { lastApplied: lastIncluded, membership } = this.appliedState;
    const bytes = this.#disk.bytes();
    this.#disk.flush();
    const meta = { lastIncluded, membership, byteLength: bytes.byteLength, digest: await Blake3.digestOf([bytes]) };
    const lateFault = this.#writeFault();
    if (lateFault !== undefined) return { kind: "fault", fault: lateFault };
    const latest = this.#disk.snapshot;
    // One that was installed meanwhile is further on.
    if (latest === undefined || latest.meta.lastIncluded.index <= lastIncluded.index) {
      this.#disk.snapshot = { meta, bytes };
    }
    return { kind: "taken", meta };
  }

  async openSnapshot(): Promise<SnapshotSource | undefined> {
    this.#assertReadable();
    const { snapshot } = this.#disk;
    return snapshot === undefined ? undefined : new MemorySnapshotSource(snapshot);
  }

  async receiveSnapshot(meta: SnapshotMeta): Promise<SnapshotSink> {
    const earlier = this.#disk.incoming;
    const incoming =
      earlier !== undefined && isSameSnapshot(earlier.meta, meta) ? earlier : { meta, chunks: [], receivedBytes: 0 };
    this.#disk.incoming = incoming;
    return new MemorySnapshotSink(incoming, this.#disk, () => this.#writeFault());
  }

  async close(): Promise<void> {
    this.#fault ??= CLOSED;
  }

  #writeFault(): StorageFault | undefined {
    if (this.#disk.generation !== this.#generation) return CLOSED;
    this.#fault ??= this.#disk.fault;
    return this.#fault;
  }

  #assertReadable(): void {
    const fault = this.#disk.generation === this.#generation ? this.#fault : CLOSED;
    if (fault !== undefined) throw storageFaultError(fault);
  }

  #fail(fault: StorageFault): { readonly kind: "fault"; readonly fault: StorageFault } {
    this.#fault = fault;
    return { kind: "fault", fault };
  }
}
