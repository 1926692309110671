import { Buffer } from "node:buffer";
import {
  STORAGE_DONE,
  type SnapshotInstallOutcome,
  type SnapshotMeta,
  type SnapshotSink,
  type StorageFault,
  type StorageOutcome,
} from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import { Blake3 } from "../blake3.ts";
import { readCanonicalState } from "../canonical-state.ts";
import { isSameSnapshot } from "../snapshot-meta-row.ts";
import { snapshotOrderProblem } from "../snapshot-order.ts";
import type { MemoryIncoming, MemoryStateDisk } from "./memory-state-disk.ts";

const CLOSED: StorageFault = { code: "closed", message: "the snapshot sink is closed" };

export class MemorySnapshotSink implements SnapshotSink {
  readonly meta: SnapshotMeta;
  readonly #incoming: MemoryIncoming;
  readonly #disk: MemoryStateDisk;
  readonly #machineFault: () => StorageFault | undefined;
  #isOpen = true;

  constructor(incoming: MemoryIncoming, disk: MemoryStateDisk, machineFault: () => StorageFault | undefined) {
    this.meta = incoming.meta;
    this.#incoming = incoming;
    this.#disk = disk;
    this.#machineFault = machineFault;
  }

  get receivedBytes(): number {
    return this.#incoming.receivedBytes;
  }

  async write(bytes: Uint8Array): Promise<StorageOutcome> {
    const fault = this.#fault();
    if (fault !== undefined) return { kind: "fault", fault };
    this.#incoming.receivedBytes += bytes.byteLength;
    // What is too long already is refused at the end; until then it must not fill the memory.
    if (this.#incoming.receivedBytes <= this.meta.byteLength) this.#incoming.chunks.push(bytes.slice());
    return STORAGE_DONE;
  }

  async install(): Promise<SnapshotInstallOutcome> {
    const bytes = new Uint8Array(Buffer.concat(this.#incoming.chunks));
    const digest = await Blake3.digestOf([bytes]);
    const fault = this.#fault();
    if (fault !== undefined) return { kind: "fault", fault };
    this.#isOpen = false;
    this.#disk.incoming = undefined;
    const reason = this.#problemOf(bytes, digest);
    if (reason !== undefined) return { kind: "rejected", reason };
    this.#disk.replace(bytes);
    this.#disk.snapshot = { meta: this.meta, bytes };
    return { kind: "installed" };
  }

  async close(): Promise<void> {
    this.#isOpen = false;
  }

  #problemOf(bytes: Uint8Array, digest: Uint8Array): string | undefined {
    const { receivedBytes } = this.#incoming;
    if (receivedBytes !== this.meta.byteLength) return `${receivedBytes} of ${this.meta.byteLength} bytes are here`;
    if (Buffer.compare(digest, this.meta.digest) !== 0) return "its digest is another one";
    const orderProblem = snapshotOrderProblem(this.meta, this.#disk.contents.state.lastApplied);
    if (orderProblem !== undefined) return orderProblem;
    try {
      const { lastApplied, membership } = readCanonicalState(bytes).state;
      const held = { ...this.meta, lastIncluded: lastApplied, membership };
      return isSameSnapshot(held, this.meta) ? undefined : "it holds another state than its meta says";
    } catch (error) {
      if (error instanceof DecodeError) return `it cannot be read: ${error.message}`;
      throw error;
    }
  }

  /** A sink ends with its machine, and when another snapshot comes in. */
  #fault(): StorageFault | undefined {
    return this.#isOpen && this.#disk.incoming === this.#incoming ? this.#machineFault() : CLOSED;
  }
}
