import { open, type FileHandle } from "node:fs/promises";
import { assert, type SnapshotMeta, type SnapshotReadOutcome, type SnapshotSource } from "@aspenjs/api";
import { stateMachineLimits } from "../limits.ts";
import { CorruptStateError, storageFaultOf } from "./sqlite-fault.ts";
import type { StoredSnapshot } from "./snapshot-directory.ts";

/** Reads through a handle of its own: the file may lose its name meanwhile and stays readable. */
export class SnapshotFileSource implements SnapshotSource {
  readonly meta: SnapshotMeta;
  readonly #handle: FileHandle;
  #isOpen = true;

  private constructor(meta: SnapshotMeta, handle: FileHandle) {
    this.meta = meta;
    this.#handle = handle;
  }

  static async open(snapshot: StoredSnapshot): Promise<SnapshotFileSource> {
    return new SnapshotFileSource(snapshot.meta, await open(snapshot.path, "r"));
  }

  async read(offset: number, length: number): Promise<SnapshotReadOutcome> {
    assert(offset >= 0 && offset <= this.meta.byteLength, "a read starts inside the snapshot");
    assert(length >= 0 && length <= stateMachineLimits.snapshotReadBytesMax, "a read is within its bound");
    if (!this.#isOpen) return { kind: "fault", fault: { code: "closed", message: "the snapshot is closed" } };
    const bytes = new Uint8Array(Math.min(length, this.meta.byteLength - offset));
    try {
      await this.#fill(bytes, offset);
      return { kind: "bytes", bytes };
    } catch (error) {
      return { kind: "fault", fault: storageFaultOf(error) };
    }
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#handle.close();
  }

  /** One read of the system may bring less than was asked for. */
  async #fill(bytes: Uint8Array, offset: number): Promise<void> {
    let filled = 0;
    while (filled < bytes.byteLength) {
      const { bytesRead } = await this.#handle.read(bytes, filled, bytes.byteLength - filled, offset + filled);
      if (bytesRead === 0) throw new CorruptStateError("the snapshot file is shorter than it was");
      filled += bytesRead;
    }
  }
}
