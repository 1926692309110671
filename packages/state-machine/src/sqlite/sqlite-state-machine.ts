/**
 * The key-value state machine on SQLite.
 *
 * Boundary: one process per directory. Applying and reading are synchronous on one connection; whatever takes long
 * (checkpoints, snapshots, checksums, verification) runs on a maintenance thread with connections of its own.
 *
 * Invariants
 * Q1  Entries, sessions, the history and the applied position of one `apply` change in one transaction.
 * Q2  A power cut leaves the state after some earlier `apply`, at or behind the last `flush`; the log brings it back.
 * Q3  After the first fault nothing is written and nothing is answered.
 * Q4  A snapshot holds the state of one position, and says which.
 * Q5  A crash while a snapshot is installed leaves the old state or the new one, whole.
 * Q6  The write-ahead file does not grow without end, however busy the machine: when a checkpoint has moved most of
 *     it, `apply` waits for the rest, so that the file starts over.
 */
import { Buffer } from "node:buffer";
import {
  assert,
  AspenError,
  isSameLogId,
  type AppliedState,
  type ApplyOutcome,
  type ChangePage,
  type CommandResult,
  type FlushOutcome,
  type KeyValueEntry,
  type KeyValueStateMachine,
  type LeaseId,
  type LeaseKeys,
  type LogEntry,
  type Logger,
  type Revision,
  type ScanPage,
  type ScanQuery,
  type SnapshotInstallOutcome,
  type SnapshotMeta,
  type SnapshotSink,
  type SnapshotSource,
  type SqlReader,
  type SqlReading,
  type SqlReadResult,
  type StorageFault,
  type StoredLease,
  type TakeSnapshotOutcome,
} from "@aspenjs/api";
import { decodeEntries } from "../decoded-entry.ts";
import type { ReplicatedState } from "../replicated-state.ts";
import { snapshotOrderProblem } from "../snapshot-order.ts";
import { storageFaultError } from "../storage-fault-error.ts";
import { stageState, swapState } from "./install-snapshot.ts";
import type { Maintenance, MaintenanceResults, MaintenanceTask } from "./maintenance.ts";
import { SerialQueue } from "./serial-queue.ts";
import type { SnapshotDirectory } from "./snapshot-directory.ts";
import { SnapshotFileSink } from "./snapshot-file-sink.ts";
import { SnapshotFileSource } from "./snapshot-file-source.ts";
import { stateMachineLimits } from "../limits.ts";
import type { SqlProcessPool } from "./sql-process-pool.ts";
import { storageFaultOf } from "./sqlite-fault.ts";
import { StateDatabase } from "./state-database.ts";

export interface SqliteStateMachineParts {
  readonly databasePath: string;
  readonly database: StateDatabase;
  readonly snapshots: SnapshotDirectory;
  readonly maintenance: Maintenance;
  /** Without it the machine has no SQL. */
  readonly sqlProcesses?: SqlProcessPool | undefined;
  readonly logger: Logger;
  readonly checkpointAfterBytes: number;
}

type Phase =
  | { readonly kind: "open"; readonly database: StateDatabase }
  /** The state file is being replaced. */
  | { readonly kind: "installing" }
  /** `database` is only there to be closed. */
  | { readonly kind: "faulted"; readonly fault: StorageFault; readonly database: StateDatabase | undefined }
  | { readonly kind: "closed" };

interface Faulted {
  readonly kind: "fault";
  readonly fault: StorageFault;
}

/** What is committed, as opposed to what a failed batch left in memory. */
type Committed = Pick<ReplicatedState, "lastApplied" | "membership" | "revision" | "logTimeMs"> &
  Pick<ReplicatedState["history"], "firstRevision">;

/** So much of the write-ahead file may be moved on the event loop at the end; for more it pays to start the thread. */
const CLOSING_BYTES_MAX = 1_048_576;
const CLOSED: StorageFault = { code: "closed", message: "the state machine is closed" };
const BUG: StorageFault = { code: "io_failed", message: "the state machine met a bug and may hold half of a batch" };

export class SqliteStateMachine implements KeyValueStateMachine {
  readonly #databasePath: string;
  readonly #snapshots: SnapshotDirectory;
  readonly #maintenance: Maintenance;
  readonly #sqlProcesses: SqlProcessPool | undefined;
  readonly #logger: Logger;
  readonly #checkpointAfterBytes: number;
  /** Everything that runs on the maintenance, or replaces the state, one after the other. */
  readonly #exclusive = new SerialQueue();
  readonly #receiving = new SerialQueue();
  #phase: Phase;
  #committed: Committed;
  #sink: SnapshotFileSink | undefined;
  #checkpointedBytes = 0;
  #isCheckpointDue = false;
  #checkpointsHeldUp = 0;
  /** The end of a checkpoint, for which `apply` waits (Q6). */
  #checkpointTail: Promise<void> | undefined;

  constructor(parts: SqliteStateMachineParts) {
    this.#databasePath = parts.databasePath;
    this.#snapshots = parts.snapshots;
    this.#maintenance = parts.maintenance;
    this.#sqlProcesses = parts.sqlProcesses;
    this.#logger = parts.logger;
    this.#checkpointAfterBytes = parts.checkpointAfterBytes;
    this.#phase = { kind: "open", database: parts.database };
    this.#committed = committedOf(parts.database.state);
  }

  get appliedState(): AppliedState {
    const { lastApplied, membership } = this.#committed;
    return { lastApplied, membership };
  }

  get revision(): Revision {
    return this.#committed.revision;
  }

  get logTimeMs(): number {
    return this.#committed.logTimeMs;
  }

  get firstRevision(): Revision {
    return this.#committed.firstRevision;
  }

  get sql(): SqlReader | undefined {
    const processes = this.#sqlProcesses;
    return processes === undefined ? undefined : { read: (reading) => this.#query(processes, reading) };
  }

  get latestSnapshot(): SnapshotMeta | undefined {
    return this.#snapshots.latest?.meta;
  }

  async apply(entries: readonly LogEntry[]): Promise<ApplyOutcome<CommandResult>> {
    while (this.#checkpointTail !== undefined) await this.#checkpointTail;
    assert(this.#phase.kind !== "installing", "nothing is applied while a snapshot is installed");
    if (this.#phase.kind !== "open") return this.#refusal();
    if (entries.length === 0) return { kind: "applied", results: [] };
    const { database } = this.#phase;
    const decoded = decodeEntries(entries);
    if (decoded.kind === "fault") return this.#endWith(decoded.fault);
    try {
      const results = database.apply(decoded.entries);
      this.#committed = committedOf(database.state);
      this.#checkpointWhenDue(database);
      return { kind: "applied", results };
    } catch (error) {
      return this.#fail(error);
    }
  }

  async flush(): Promise<FlushOutcome> {
    if (this.#phase.kind === "installing") return this.#exclusive.run(() => this.flush());
    if (this.#phase.kind !== "open") return this.#refusal();
    const durable = this.#committed.lastApplied;
    try {
      await this.#phase.database.sync();
      return { kind: "flushed", durable };
    } catch (error) {
      return this.#fail(error);
    }
  }

  get(key: string): KeyValueEntry | undefined {
    return this.#read((database) => database.get(key));
  }

  scan(query: ScanQuery): ScanPage {
    return this.#read((database) => database.scan(query));
  }

  lease(leaseId: LeaseId): StoredLease | undefined {
    return this.#read(({ state }) => state.leases.status(leaseId));
  }

  leases(after: LeaseId, limit: number): readonly StoredLease[] {
    return this.#read(({ state }) => state.leases.page(after, limit));
  }

  leasesDueBy(logTimeMs: number, limit: number): readonly LeaseId[] {
    return this.#read(({ state }) => state.leases.dueBy(logTimeMs, limit));
  }

  leaseKeys(leaseId: LeaseId, limit: number): LeaseKeys {
    return this.#read((database) => database.leaseKeys(leaseId, limit));
  }

  changesFrom(revision: Revision, bytesMax: number): ChangePage {
    return this.#read(({ state }) => state.history.changesFrom(revision, bytesMax));
  }

  checksum(): Promise<string> {
    return this.#exclusive.run(async () => {
      this.#assertOpen();
      const outcome = await this.#maintain({ kind: "checksum", databasePath: this.#databasePath });
      if (outcome.kind === "fault") throw storageFaultError(outcome.fault);
      return outcome.result;
    });
  }

  takeSnapshot(): Promise<TakeSnapshotOutcome> {
    return this.#exclusive.run(async () => {
      if (this.#phase.kind !== "open") return this.#refusal();
      const { database } = this.#phase;
      const { latest } = this.#snapshots;
      if (latest?.isVerified === true && isSameLogId(latest.meta.lastIncluded, this.#committed.lastApplied)) {
        return { kind: "taken", meta: latest.meta };
      }
      const targetPath = this.#snapshots.takingPath;
      const copy = await this.#maintain({ kind: "copy", databasePath: this.#databasePath, targetPath });
      if (copy.kind === "fault") return copy;
      try {
        // Whoever purges the log behind the snapshot must find the state at least as far on after a power cut.
        await database.sync();
        await this.#snapshots.promote(targetPath, copy.result);
        this.#logger.log("info", "a snapshot was taken", describe(copy.result));
        return { kind: "taken", meta: copy.result };
      } catch (error) {
        return this.#fail(error);
      }
    });
  }

  async openSnapshot(): Promise<SnapshotSource | undefined> {
    this.#assertOpen();
    if (this.#snapshots.latest?.isVerified === false) await this.#exclusive.run(() => this.#verifyLatest());
    for (;;) {
      const { latest } = this.#snapshots;
      if (latest === undefined) return undefined;
      try {
        return await SnapshotFileSource.open(latest);
      } catch (error) {
        // A newer one took its place between the two lines above; anything else is a fault.
        if (latest === this.#snapshots.latest) throw storageFaultError(this.#fail(error).fault);
      }
    }
  }

  receiveSnapshot(meta: SnapshotMeta): Promise<SnapshotSink> {
    return this.#receiving.run(async () => {
      await this.#sink?.close();
      this.#assertOpen();
      try {
        const receivedBytes = await this.#snapshots.beginIncoming(meta);
        const sink = await SnapshotFileSink.open(meta, this.#snapshots.incomingPath, receivedBytes, {
          install: () => this.#exclusive.run(() => this.#install(meta)),
          discard: () => this.#snapshots.dropIncoming(),
          fault: () => (this.#phase.kind === "open" ? undefined : this.#refusal().fault),
          fail: (error) => this.#fail(error),
        });
        this.#sink = sink;
        return sink;
      } catch (error) {
        throw storageFaultError(this.#fail(error).fault);
      }
    });
  }

  async close(): Promise<void> {
    await this.#receiving.run(async () => this.#sink?.close());
    await this.#exclusive.run(async () => {
      const phase = this.#phase;
      if (phase.kind === "open" && phase.database.writtenBytes - this.#checkpointedBytes > CLOSING_BYTES_MAX) {
        await this.#maintain({ kind: "checkpoint", databasePath: this.#databasePath });
      }
      this.#phase = { kind: "closed" };
      await this.#sqlProcesses?.close();
      await this.#maintenance.close();
      if (phase.kind === "open" || phase.kind === "faulted") await phase.database?.close();
    });
  }

  async #install(meta: SnapshotMeta): Promise<SnapshotInstallOutcome> {
    const path = this.#snapshots.incomingPath;
    const early = this.#orderProblem(meta);
    if (early !== undefined) return this.#reject(early);
    const verified = await this.#maintain({ kind: "verify", path, meta });
    if (verified.kind === "fault") return verified;
    if (verified.result.problem !== undefined) return this.#reject(verified.result.problem);
    try {
      await stageState(path, this.#databasePath);
      const checkpoint = await this.#maintain({ kind: "checkpoint", databasePath: this.#databasePath });
      if (checkpoint.kind === "fault") return checkpoint;
      const late = this.#orderProblem(meta);
      if (late !== undefined) return await this.#reject(late);
      if (this.#phase.kind !== "open") return this.#refusal();
      await this.#swap(this.#phase.database);
      await this.#snapshots.promote(path, meta);
      await this.#snapshots.dropIncoming();
      this.#logger.log("info", "a snapshot was installed", describe(meta));
      return { kind: "installed" };
    } catch (error) {
      return this.#fail(error);
    }
  }

  async #swap(database: StateDatabase): Promise<void> {
    this.#phase = { kind: "installing" };
    const details = { outcome: "not_applied" };
    await this.#sqlProcesses?.suspend(new AspenError("unavailable", "a snapshot is being installed", { details }));
    database.emptyWriteAhead();
    await database.close();
    await swapState(this.#databasePath);
    const installed = await StateDatabase.open(this.#databasePath);
    this.#checkpointedBytes = 0;
    this.#committed = committedOf(installed.state);
    this.#phase = { kind: "open", database: installed };
    this.#sqlProcesses?.resume();
  }

  async #query(processes: SqlProcessPool, reading: SqlReading): Promise<SqlReadResult> {
    this.#assertOpen();
    const result = await processes.read(reading);
    this.#assertOpen();
    return result;
  }

  #orderProblem(meta: SnapshotMeta): string | undefined {
    return snapshotOrderProblem(meta, this.#committed.lastApplied);
  }

  async #reject(reason: string): Promise<SnapshotInstallOutcome> {
    this.#logger.log("warn", "a received snapshot was refused", { reason });
    await this.#snapshots.dropIncoming();
    return { kind: "rejected", reason };
  }

  /** Once per process: the bytes of a snapshot of an earlier one may have rotted. */
  async #verifyLatest(): Promise<void> {
    const { latest } = this.#snapshots;
    if (latest === undefined || latest.isVerified || this.#phase.kind !== "open") return;
    const outcome = await this.#maintain({ kind: "digest", path: latest.path });
    if (outcome.kind === "fault") throw storageFaultError(outcome.fault);
    if (Buffer.compare(outcome.result, latest.meta.digest) === 0) return this.#snapshots.markVerified();
    this.#logger.log("error", "the latest snapshot does not match its digest and was removed", describe(latest.meta));
    await this.#snapshots.dropLatest();
  }

  #checkpointWhenDue(database: StateDatabase): void {
    const isDue = database.writtenBytes - this.#checkpointedBytes >= this.#checkpointAfterBytes;
    if (!isDue || this.#isCheckpointDue) return;
    this.#isCheckpointDue = true;
    void this.#exclusive.run(async () => {
      if (this.#phase.kind === "open") await this.#checkpoint(this.#phase.database);
      this.#isCheckpointDue = false;
    });
  }

  /** Q6. Queries one upon the other would keep every checkpoint from finishing: now and then they wait for one. */
  async #checkpoint(database: StateDatabase): Promise<void> {
    const isHolding = this.#checkpointsHeldUp >= stateMachineLimits.checkpointsHeldUpMax;
    if (isHolding) await this.#sqlProcesses?.hold();
    await this.#moveWriteAhead(database);
    if (isHolding) this.#sqlProcesses?.resume();
  }

  /** First while `apply` goes on, then once more for what was added meanwhile, while it waits: it is short. */
  async #moveWriteAhead(database: StateDatabase): Promise<void> {
    const task = { kind: "checkpoint", databasePath: this.#databasePath } as const;
    this.#checkpointedBytes = database.writtenBytes;
    const first = await this.#maintain(task);
    if (first.kind === "fault" || database.writtenBytes === this.#checkpointedBytes) return;
    this.#checkpointTail = this.#maintain(task).then((tail) => {
      this.#checkpointTail = undefined;
      const isHeldUp = tail.kind === "done" && !tail.result.isComplete;
      this.#checkpointsHeldUp = isHeldUp ? this.#checkpointsHeldUp + 1 : 0;
      if (isHeldUp) {
        this.#logger.log("debug", "another reader holds up the checkpoint");
      }
    });
    this.#checkpointedBytes = database.writtenBytes;
    await this.#checkpointTail;
  }

  async #maintain<Kind extends MaintenanceTask["kind"]>(
    task: Extract<MaintenanceTask, { kind: Kind }>,
  ): Promise<{ readonly kind: "done"; readonly result: MaintenanceResults[Kind] } | Faulted> {
    const outcome = await this.#maintenance.run<Kind>(task);
    return outcome.kind === "fault" ? this.#endWith(outcome.fault) : outcome;
  }

  #read<Result>(read: (database: StateDatabase) => Result): Result {
    const database = this.#assertOpen();
    try {
      return read(database);
    } catch (error) {
      throw storageFaultError(this.#endWith(storageFaultOf(error)).fault);
    }
  }

  #assertOpen(): StateDatabase {
    if (this.#phase.kind === "open") return this.#phase.database;
    if (this.#phase.kind === "installing") throw new AspenError("unavailable", "a snapshot is being installed");
    throw storageFaultError(this.#refusal().fault);
  }

  #refusal(): Faulted {
    return { kind: "fault", fault: this.#phase.kind === "faulted" ? this.#phase.fault : CLOSED };
  }

  /** Q3. An error that is no fault of the disk is a bug: it ends the machine too, and is thrown on. */
  #fail(error: unknown): Faulted {
    this.#endWith(BUG);
    const fault = storageFaultOf(error);
    if (this.#phase.kind === "faulted" && this.#phase.fault === BUG) this.#phase = { ...this.#phase, fault };
    return this.#refusal();
  }

  #endWith(fault: StorageFault): Faulted {
    if (this.#phase.kind === "open") this.#phase = { kind: "faulted", fault, database: this.#phase.database };
    if (this.#phase.kind === "installing") this.#phase = { kind: "faulted", fault, database: undefined };
    return this.#refusal();
  }
}

function committedOf({ lastApplied, membership, revision, logTimeMs, history }: ReplicatedState): Committed {
  return { lastApplied, membership, revision, logTimeMs, firstRevision: history.firstRevision };
}

function describe({ lastIncluded, byteLength }: SnapshotMeta): { index: number; term: number; byteLength: number } {
  return { index: lastIncluded.index, term: lastIncluded.term, byteLength };
}
