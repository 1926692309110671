/**
 * The `LogStore` over any `RowDisk`: order, group commit, poisoning, reads, verification. The picture that callers see
 * is a `LogFront`; the disk follows it, one transaction at a time.
 *
 * Invariants:
 *   S1  Changes reach the disk in the order of the calls; a promise resolves after its own transaction.
 *   S2  While one transaction is under way, later changes queue and share the next one (group commit).
 *   S3  After the first fault no change reaches the disk any more; every later write returns that fault.
 *   S4  Rows on disk up to `durableThrough` are the entries of the front; everything behind it is in memory (F2).
 */
import {
  assert,
  STORAGE_DONE,
  type LogEntry,
  type LogId,
  type LogIndex,
  type LogReadOutcome,
  type LogState,
  type LogStore,
  type LogVerifyOutcome,
  type LogWriteBatch,
  type StorageFault,
  type StorageOutcome,
  type TermRun,
} from "@aspenjs/api";
import type { ChainHasher } from "./chain-hasher.ts";
import { ChainWalk } from "./chain-walk.ts";
import type { LogChange } from "./log-change.ts";
import type { LogFront } from "./log-front.ts";
import { LogVerification } from "./log-verification.ts";
import { limits } from "./limits.ts";
import type { RowDisk } from "./row-disk.ts";
import { CLOSED, corruptFault } from "./storage-faults.ts";
import { rowHash } from "./stored-row.ts";

interface QueuedChange {
  readonly change: LogChange;
  readonly resolve: (outcome: StorageOutcome) => void;
}

type HashRead =
  | { readonly kind: "hash"; readonly hash: Uint8Array }
  | { readonly kind: "fault"; readonly fault: StorageFault };

export class ChainedLogStore implements LogStore {
  readonly #hasher: ChainHasher;
  readonly #front: LogFront;
  readonly #disk: RowDisk;
  #durableThrough: LogIndex;
  /** In the order of the calls, the transaction under way included. */
  #queue: QueuedChange[] = [];
  #newestOutcome: Promise<StorageOutcome> = Promise.resolve(STORAGE_DONE);
  readonly #verifications = new Set<LogVerification>();
  #draining: Promise<void> | undefined;
  #fault: StorageFault | undefined;
  #closing: Promise<void> | undefined;

  /** Everything that `front` holds is durable on `disk`. */
  constructor(hasher: ChainHasher, front: LogFront, disk: RowDisk) {
    this.#hasher = hasher;
    this.#front = front;
    this.#disk = disk;
    this.#durableThrough = front.header.state.last.index;
    if (disk.hasDeadRows) this.#startDraining();
  }

  get state(): LogState {
    return this.#front.header.state;
  }

  /** Chain hash of the last entry. Two stores that hold the same history from entry 1 on have the same tip. */
  get chainTip(): Uint8Array {
    return this.#front.header.tip.slice();
  }

  append(batch: LogWriteBatch): Promise<StorageOutcome> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return Promise.resolve(refusal);
    this.#front.assertBatch(batch);
    if (!this.#front.isChangedBy(batch)) return this.#newestOutcome;
    const anchor = this.#hashAt(this.#front.anchorOf(batch));
    if (anchor.kind === "fault") return Promise.resolve(this.#poison(anchor.fault));
    return this.#enqueue(this.#front.append(batch, anchor.hash));
  }

  purge(through: LogId): Promise<StorageOutcome> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return Promise.resolve(refusal);
    // Purging what is purged already changes nothing, but the promise still stands behind every earlier batch.
    if (through.index <= this.state.purged.index) return this.#newestOutcome;
    this.#front.assertPurge(through);
    const base = this.#hashAt(through.index);
    if (base.kind === "fault") return Promise.resolve(this.#poison(base.fault));
    return this.#enqueue(this.#front.purge(through, base.hash));
  }

  reset(to: LogId): Promise<StorageOutcome> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return Promise.resolve(refusal);
    return this.#enqueue(this.#front.reset(to));
  }

  read(from: LogIndex, to: LogIndex, bytesMax: number): LogReadOutcome {
    if (this.#closing !== undefined) return { kind: "fault", fault: CLOSED };
    const { purged, last } = this.state;
    if (from <= purged.index) return { kind: "purged", purged };
    assert(
      from <= to && to <= last.index + 1,
      `range ${from}..${to} is not within the log, which ends at ${last.index}`,
    );
    const entries: LogEntry[] = [];
    let bytesLeft = bytesMax;
    const diskEnd = Math.min(to, this.#front.recent.firstIndex);
    if (from < diskEnd) {
      const outcome = this.#readFromDisk(from, diskEnd, bytesLeft, entries);
      if (outcome.kind === "fault") return outcome;
      bytesLeft = outcome.bytesLeft;
      if (bytesLeft < 0) return { kind: "entries", entries };
    }
    for (let index = from + entries.length; index < to; index += 1) {
      const recent = this.#front.recent.at(index);
      assert(recent !== undefined, `entry ${index} is neither durable nor in memory`);
      bytesLeft -= recent.encodedBytes;
      if (bytesLeft < 0 && entries.length > 0) break;
      entries.push(recent.entry);
    }
    return { kind: "entries", entries };
  }

  termRuns(): readonly TermRun[] {
    return this.#front.runs.list;
  }

  async verify(): Promise<LogVerifyOutcome> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return refusal;
    // What waits for the disk belongs to the log that the caller means.
    const durable = await this.#newestOutcome;
    if (durable.kind === "fault") return durable;
    const verification = new LogVerification(this.#hasher, this.#disk, () => this.#front.header);
    this.#verifications.add(verification);
    const outcome = await verification.run(() => this.#closing !== undefined);
    this.#verifications.delete(verification);
    if (outcome.kind === "broken") this.#poison(corruptFault(`entry ${outcome.index}: ${outcome.reason}`));
    if (outcome.kind === "fault" && outcome.fault.code !== "closed") this.#poison(outcome.fault);
    return outcome;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Let the caller's present turn end, so that every call before this one is refused or served, never half way.
    await Promise.resolve();
    while (this.#draining !== undefined) await this.#draining;
    await this.#disk.close();
  }

  #refusal(): { readonly kind: "fault"; readonly fault: StorageFault } | undefined {
    if (this.#closing !== undefined) return { kind: "fault", fault: CLOSED };
    return this.#fault === undefined ? undefined : { kind: "fault", fault: this.#fault };
  }

  #poison(fault: StorageFault): StorageOutcome {
    this.#fault ??= fault;
    return { kind: "fault", fault: this.#fault };
  }

  /** Chain hash of a live entry or of the purge point. */
  #hashAt(index: LogIndex): HashRead {
    const { state, tip, base } = this.#front.header;
    if (index === state.last.index) return { kind: "hash", hash: tip };
    if (index === state.purged.index) return { kind: "hash", hash: base };
    if (index > this.#durableThrough) return { kind: "hash", hash: this.#queuedHash(index) };
    const read = this.#disk.readRow(index);
    if (read.kind === "fault") return read;
    if (read.kind === "missing") return { kind: "fault", fault: corruptFault(`entry ${index}: the row is missing`) };
    return { kind: "hash", hash: rowHash(read.bytes) };
  }

  #queuedHash(index: LogIndex): Uint8Array {
    for (const { change } of this.#queue.toReversed()) {
      const row = change.rows.find((candidate) => candidate.index === index);
      if (row !== undefined) return rowHash(row.bytes);
    }
    assert(false, `entry ${index} is neither durable nor queued`);
  }

  #enqueue(change: LogChange): Promise<StorageOutcome> {
    this.#durableThrough = Math.min(this.#durableThrough, change.keptThrough);
    for (const verification of this.#verifications) verification.noteChange(change);
    this.#newestOutcome = new Promise((resolve) => {
      this.#queue.push({ change, resolve });
      this.#startDraining();
    });
    return this.#newestOutcome;
  }

  #startDraining(): void {
    this.#draining ??= this.#drain();
  }

  async #drain(): Promise<void> {
    // All calls of one turn share the first transaction.
    await Promise.resolve();
    while (this.#fault === undefined && (this.#queue.length > 0 || this.#mustSweep())) {
      const group = this.#nextGroup();
      const outcome = await this.#disk.commit(group.map(({ change }) => change));
      if (outcome.kind === "fault") {
        this.#poison(outcome.fault);
        break;
      }
      this.#queue = this.#queue.slice(group.length);
      this.#markDurable(group);
      for (const { resolve } of group) resolve(STORAGE_DONE);
    }
    this.#draining = undefined;
    if (this.#fault !== undefined) this.#refuseQueue(this.#fault);
  }

  #mustSweep(): boolean {
    return this.#closing === undefined && this.#disk.hasDeadRows;
  }

  #refuseQueue(fault: StorageFault): void {
    const refused = this.#queue;
    this.#queue = [];
    for (const { resolve } of refused) resolve({ kind: "fault", fault });
  }

  #nextGroup(): readonly QueuedChange[] {
    if (globalThis.aspenFaultPoint?.("log-store/one-batch-per-sync") === true) return this.#queue.slice(0, 1);
    let groupBytes = 0;
    const end = this.#queue.findIndex(({ change }, position) => {
      groupBytes += change.rowBytes;
      return position === limits.groupBatchesMax || (position > 0 && groupBytes > limits.groupBytesMax);
    });
    // A copy in any case: the queue grows while the group is on its way to the disk.
    return this.#queue.slice(0, end === -1 ? this.#queue.length : end);
  }

  #markDurable(group: readonly QueuedChange[]): void {
    const newest = group.at(-1);
    if (newest === undefined) return;
    // A change that still waits may truncate what has just become durable: S4 holds only below it.
    this.#durableThrough = this.#queue.reduce(
      (through, { change }) => Math.min(through, change.keptThrough),
      newest.change.header.state.last.index,
    );
    this.#front.recent.evict(this.#durableThrough);
  }

  /** Verifies what it reads: the row before the range anchors it. */
  #readFromDisk(
    from: LogIndex,
    to: LogIndex,
    bytesMax: number,
    entries: LogEntry[],
  ): { readonly kind: "read"; readonly bytesLeft: number } | { readonly kind: "fault"; readonly fault: StorageFault } {
    const anchor = this.#hashAt(from - 1);
    if (anchor.kind === "fault") return this.#readFault(anchor.fault);
    const walk = new ChainWalk(this.#hasher, this.#disk, from, anchor.hash);
    let bytesLeft = bytesMax;
    while (walk.nextIndex < to) {
      const step = walk.step();
      if (step.kind === "fault") return this.#readFault(step.fault);
      if (step.kind === "broken") return this.#readFault(corruptFault(`entry ${step.index}: ${step.reason}`));
      bytesLeft -= step.encodedBytes;
      if (bytesLeft < 0 && entries.length > 0) break;
      entries.push(step.entry);
    }
    return { kind: "read", bytesLeft };
  }

  #readFault(fault: StorageFault): { readonly kind: "fault"; readonly fault: StorageFault } {
    this.#poison(fault);
    return { kind: "fault", fault };
  }
}
