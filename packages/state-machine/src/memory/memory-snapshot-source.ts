import { assert, type SnapshotMeta, type SnapshotReadOutcome, type SnapshotSource } from "@aspenjs/api";
import { stateMachineLimits } from "../limits.ts";
import type { MemorySnapshot } from "./memory-state-disk.ts";

export class MemorySnapshotSource implements SnapshotSource {
  readonly meta: SnapshotMeta;
  readonly #bytes: Uint8Array;
  #isOpen = true;

  constructor(snapshot: MemorySnapshot) {
    this.meta = snapshot.meta;
    this.#bytes = snapshot.bytes;
  }

  async read(offset: number, length: number): Promise<SnapshotReadOutcome> {
    assert(offset >= 0 && offset <= this.meta.byteLength, "a read starts inside the snapshot");
    assert(length >= 0 && length <= stateMachineLimits.snapshotReadBytesMax, "a read is within its bound");
    if (!this.#isOpen) return { kind: "fault", fault: { code: "closed", message: "the snapshot is closed" } };
    return { kind: "bytes", bytes: this.#bytes.slice(offset, offset + length) };
  }

  async close(): Promise<void> {
    this.#isOpen = false;
  }
}
