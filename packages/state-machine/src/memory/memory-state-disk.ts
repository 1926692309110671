import { Buffer } from "node:buffer";
import type { SnapshotMeta, StorageFault } from "@aspenjs/api";
import { canonicalChunks, readCanonicalState, type CanonicalState } from "../canonical-state.ts";
import type { HistoryLimits } from "../limits.ts";
import { ReplicatedState } from "../replicated-state.ts";
import { stateChecksum, type RowDigests } from "../state-checksum.ts";
import { MemoryTable } from "./memory-table.ts";

/** What a machine works on: as after the last `apply`, flushed or not. */
export interface MemoryContents {
  readonly table: MemoryTable;
  readonly state: ReplicatedState;
}

export interface MemorySnapshot {
  readonly meta: SnapshotMeta;
  readonly bytes: Uint8Array;
}

export interface MemoryIncoming {
  readonly meta: SnapshotMeta;
  readonly chunks: Uint8Array[];
  receivedBytes: number;
}

/**
 * The disk below a memory state machine: it outlives the machine, as a disk outlives its process. Opening another
 * machine on it, `kill` and `cutPower` end the one before, which answers `closed` from then on.
 */
export class MemoryStateDisk {
  readonly #historyLimits: HistoryLimits | undefined;
  readonly #digests: RowDigests = new WeakMap();
  #contents: MemoryContents;
  /** As it was at the last flush; turned into bytes only when it is needed, which is seldom. */
  #durable: CanonicalState;
  #generation = 0;
  #fault: StorageFault | undefined;
  /** The rest is for the machine alone. */
  snapshot: MemorySnapshot | undefined;
  incoming: MemoryIncoming | undefined;

  /** @param historyLimits for simulations and tests; those of a cluster are the same everywhere */
  constructor(historyLimits?: HistoryLimits) {
    this.#historyLimits = historyLimits;
    this.#contents = { table: new MemoryTable(), state: new ReplicatedState(undefined, [], historyLimits) };
    this.#durable = heldIn(this.#contents);
  }

  /** The process dies, the operating system lives: what was applied stays. */
  kill(): void {
    this.#generation += 1;
    this.#contents = this.#contentsOf(this.bytes());
  }

  /** The machine room goes dark: what was not flushed is lost, and so is a snapshot that was still coming in. */
  cutPower(): void {
    this.#generation += 1;
    this.#contents = this.#contentsOf(bytesOf(this.#durable));
    this.incoming = undefined;
  }

  /** From now on every operation that would write fails with this; `undefined` mends the disk for the next machine. */
  fail(fault: StorageFault | undefined): void {
    this.#fault = fault;
  }

  get contents(): MemoryContents {
    return this.#contents;
  }

  get fault(): StorageFault | undefined {
    return this.#fault;
  }

  get generation(): number {
    return this.#generation;
  }

  bytes(): Uint8Array {
    return bytesOf(heldIn(this.#contents));
  }

  /** Of what is applied by now, whatever is applied while it is being hashed. */
  checksum(): Promise<string> {
    const { entries, state } = heldIn(this.#contents);
    return stateChecksum(entries, state, this.#digests);
  }

  /** Everything applied becomes durable. */
  flush(): void {
    this.#durable = heldIn(this.#contents);
  }

  /** Replaces everything, durably. @throws DecodeError */
  replace(bytes: Uint8Array): void {
    this.#contents = this.#contentsOf(bytes);
    this.#durable = heldIn(this.#contents);
  }

  #contentsOf(bytes: Uint8Array): MemoryContents {
    const { entries, state } = readCanonicalState(bytes);
    const table = new MemoryTable(entries);
    return { table, state: new ReplicatedState(state, table.leaseKeyCounts(), this.#historyLimits) };
  }
}

/** What nobody changes any more, whatever is applied behind it. */
function heldIn({ table, state }: MemoryContents): CanonicalState {
  return { entries: table.held(), state: state.saved() };
}

function bytesOf({ entries, state }: CanonicalState): Uint8Array {
  const bytes = Buffer.concat([...canonicalChunks(entries, state)]);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
