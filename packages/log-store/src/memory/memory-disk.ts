/**
 * A disk for tests and simulations: it outlives the stores on it, loses what was not synced when it crashes, fails
 * and rots on command. Deterministic; waits for nothing but the one who holds it.
 */
import { assert, STORAGE_DONE, type LogIndex, type StorageFault, type StorageOutcome } from "@aspenjs/api";
import type { ChainHasher } from "../chain-hasher.ts";
import { isLive, type LogChange } from "../log-change.ts";
import { encodeHeader } from "../log-header.ts";
import type { RowDisk, RowRead } from "../row-disk.ts";

export interface MemoryDiskOptions {
  /** `immediate` (default): a transaction is durable at once. `manual`: it waits for `completeSync`; creating a store does not. */
  readonly sync?: "immediate" | "manual";
  /** With `manual`: a transaction begins to wait. */
  readonly onTransaction?: () => void;
}

export interface CrashOptions {
  /** How many batches of the transaction under way reached the disk; 0 when not given. */
  readonly keptBatches?: number;
  /** The rows of the batch behind those got there too, the last one in part, but nothing that names them. */
  readonly isTorn?: boolean;
}

/** A batch and the header that it leaves. */
interface Step {
  readonly change: LogChange;
  readonly header: Uint8Array;
}

interface Transaction {
  readonly steps: readonly Step[];
  readonly resolve: (outcome: StorageOutcome) => void;
}

export class MemoryDisk {
  #syncMode: "immediate" | "manual";
  readonly #onTransaction: () => void;
  #header: Uint8Array | undefined;
  #rows = new Map<LogIndex, Uint8Array>();
  #underWay: Transaction | undefined;
  #nextFault: StorageFault | undefined;
  #session: symbol | undefined;
  #syncCount = 0;

  constructor(options: MemoryDiskOptions = {}) {
    this.#syncMode = options.sync ?? "immediate";
    this.#onTransaction = options.onTransaction ?? (() => {});
  }

  /** A store has this disk open. */
  get isOpen(): boolean {
    return this.#session !== undefined;
  }

  /** Batches in the transaction that waits for its sync. */
  get unsyncedBatchCount(): number {
    return this.#underWay?.steps.length ?? 0;
  }

  /** Transactions made durable so far. */
  get syncCount(): number {
    return this.#syncCount;
  }

  /** Takes effect with the next transaction; one that waits already still waits. */
  setSync(mode: "immediate" | "manual"): void {
    this.#syncMode = mode;
  }

  /** Ends the transaction under way, if there is one; says whether there was. */
  completeSync(): boolean {
    const transaction = this.#underWay;
    if (transaction === undefined) return false;
    this.#underWay = undefined;
    this.#settle(transaction);
    return true;
  }

  /** The transaction under way, or else the next one, fails as a whole. */
  failNextSync(code: "disk_full" | "io_failed"): void {
    this.#nextFault = { code, message: `the memory disk was told to fail with ${code}` };
  }

  /**
   * The process dies, or the power goes. What was not synced is gone, except for the first `keptBatches` of the
   * transaction under way: a real disk may have got that far without anyone knowing. The store that had the disk open
   * is dead: its promises never resolve.
   */
  crash(options: CrashOptions = {}): void {
    const { keptBatches = 0, isTorn = false } = options;
    assert(keptBatches <= this.unsyncedBatchCount, `only ${this.unsyncedBatchCount} batches are unsynced`);
    const steps = this.#underWay?.steps ?? [];
    this.#apply(steps.slice(0, keptBatches));
    if (isTorn) this.#tear(steps[keptBatches]);
    this.#underWay = undefined;
    this.#nextFault = undefined;
    this.#session = undefined;
  }

  /** Everything is gone: a new disk under an old name. */
  erase(): void {
    this.crash();
    this.#header = undefined;
    this.#rows = new Map();
  }

  /** Flips one bit of a stored entry, its hash included. The bit counts from the row's first byte on. */
  flipEntryBit(index: LogIndex, bit: number): void {
    const row = this.#rows.get(index);
    assert(row !== undefined, `no row is stored at ${index}`);
    this.#rows.set(index, withFlippedBit(row, bit));
  }

  flipHeaderBit(bit: number): void {
    assert(this.#header !== undefined, "no header is stored");
    this.#header = withFlippedBit(this.#header, bit);
  }

  /** Stored bytes of an entry's row. */
  rowByteLength(index: LogIndex): number | undefined {
    return this.#rows.get(index)?.byteLength;
  }

  /** Of the rows that are stored, ascending. */
  get entryIndexes(): readonly LogIndex[] {
    return [...this.#rows.keys()].sort((left, right) => left - right);
  }

  get headerByteLength(): number | undefined {
    return this.#header?.byteLength;
  }

  /** For the store that opens: `undefined` while another one has the disk open. */
  openSession(hasher: ChainHasher): RowDisk | undefined {
    if (this.#session !== undefined) return undefined;
    const session = Symbol("session");
    this.#session = session;
    return {
      readHeader: () => toRowRead(this.#header),
      readRow: (index) => toRowRead(this.#rows.get(index)),
      isEmpty: () => this.#rows.size === 0,
      adopt: () => {},
      commit: (changes) =>
        this.#commit(
          session,
          changes.map((change) => toStep(hasher, change)),
        ),
      // What a header no longer names leaves with the change that says so.
      hasDeadRows: false,
      inspect: () => Promise.resolve(undefined),
      pause: () => Promise.resolve(),
      close: () => {
        if (this.#session === session) this.#session = undefined;
        return Promise.resolve();
      },
    };
  }

  #commit(session: symbol, steps: readonly Step[]): Promise<StorageOutcome> {
    return new Promise((resolve) => {
      // The process of a crashed store is gone: nothing it still does reaches the disk, and nobody hears of it.
      if (this.#session !== session) return;
      assert(this.#underWay === undefined, "one transaction at a time");
      if (this.#syncMode === "immediate" || this.#header === undefined) return this.#settle({ steps, resolve });
      this.#underWay = { steps, resolve };
      this.#onTransaction();
    });
  }

  /** Only where nothing lives: what the header names is replaced together with the header, or not at all. */
  #tear(step: Step | undefined): void {
    const fresh = step?.change.rows.filter(({ index }) => !this.#rows.has(index)) ?? [];
    for (const [position, { index, bytes }] of fresh.entries()) {
      const isLast = position === fresh.length - 1;
      this.#rows.set(index, isLast ? bytes.slice(0, bytes.byteLength >> 1) : bytes);
    }
  }

  #settle(transaction: Transaction): void {
    const fault = this.#nextFault;
    this.#nextFault = undefined;
    if (fault !== undefined) return transaction.resolve({ kind: "fault", fault });
    this.#apply(transaction.steps);
    this.#syncCount += 1;
    transaction.resolve(STORAGE_DONE);
  }

  #apply(steps: readonly Step[]): void {
    for (const { change, header } of steps) {
      for (const row of change.rows) this.#rows.set(row.index, row.bytes);
      this.#header = header;
      const { dead } = change;
      if (dead === undefined) continue;
      for (let index = dead.first; index <= dead.last; index += 1) {
        if (!isLive(change.header, index)) this.#rows.delete(index);
      }
    }
  }
}

function toStep(hasher: ChainHasher, change: LogChange): Step {
  return { change, header: encodeHeader(hasher, change.header) };
}

function toRowRead(bytes: Uint8Array | undefined): RowRead {
  return bytes === undefined ? { kind: "missing" } : { kind: "row", bytes };
}

function withFlippedBit(bytes: Uint8Array, bit: number): Uint8Array {
  const position = bit >> 3;
  assert(position < bytes.byteLength, `bit ${bit} is beyond ${bytes.byteLength} bytes`);
  const flipped = bytes.slice();
  flipped[position] = (flipped[position] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}
