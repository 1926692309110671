import { open, type FileHandle } from "node:fs/promises";
import {
  STORAGE_DONE,
  type SnapshotInstallOutcome,
  type SnapshotMeta,
  type SnapshotSink,
  type StorageFault,
  type StorageOutcome,
} from "@aspenjs/api";
import { SerialQueue } from "./serial-queue.ts";

/** What the sink asks of the machine that opened it. */
export interface SnapshotInstaller {
  /** The bytes are all here and synced, the handle is closed. */
  install(): Promise<SnapshotInstallOutcome>;
  /** Throws away what was received. */
  discard(): Promise<void>;
  /** Why the machine takes nothing any more, if it does not. */
  fault(): StorageFault | undefined;
  /** Ends the machine: its disk failed. */
  fail(error: unknown): { readonly kind: "fault"; readonly fault: StorageFault };
}

const CLOSED: StorageFault = { code: "closed", message: "the snapshot sink is closed" };

/** Appends to the file of the incoming snapshot. */
export class SnapshotFileSink implements SnapshotSink {
  readonly meta: SnapshotMeta;
  readonly #handle: FileHandle;
  readonly #installer: SnapshotInstaller;
  readonly #calls = new SerialQueue();
  #receivedBytes: number;
  #isOpen = true;

  private constructor(meta: SnapshotMeta, handle: FileHandle, receivedBytes: number, installer: SnapshotInstaller) {
    this.meta = meta;
    this.#handle = handle;
    this.#receivedBytes = receivedBytes;
    this.#installer = installer;
  }

  static async open(
    meta: SnapshotMeta,
    path: string,
    receivedBytes: number,
    installer: SnapshotInstaller,
  ): Promise<SnapshotFileSink> {
    return new SnapshotFileSink(meta, await open(path, "r+"), receivedBytes, installer);
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  write(bytes: Uint8Array): Promise<StorageOutcome> {
    return this.#calls.run(async () => {
      const fault = this.#fault();
      if (fault !== undefined) return { kind: "fault", fault };
      try {
        await this.#append(bytes);
        return STORAGE_DONE;
      } catch (error) {
        return this.#installer.fail(error);
      }
    });
  }

  install(): Promise<SnapshotInstallOutcome> {
    return this.#calls.run(async () => {
      const fault = this.#fault();
      if (fault !== undefined) return { kind: "fault", fault };
      this.#isOpen = false;
      try {
        await this.#finish();
        if (this.#receivedBytes === this.meta.byteLength) return await this.#installer.install();
        await this.#installer.discard();
        return { kind: "rejected", reason: `${this.#receivedBytes} of ${this.meta.byteLength} bytes are here` };
      } catch (error) {
        return this.#installer.fail(error);
      }
    });
  }

  close(): Promise<void> {
    return this.#calls.run(async () => {
      if (!this.#isOpen) return;
      this.#isOpen = false;
      await this.#handle.close();
    });
  }

  async #finish(): Promise<void> {
    try {
      await this.#handle.sync();
    } finally {
      await this.#handle.close();
    }
  }

  /** What is too long already is refused at the end; until then it must not fill the disk. */
  async #append(bytes: Uint8Array): Promise<void> {
    const offset = this.#receivedBytes;
    let written = 0;
    while (offset + bytes.byteLength <= this.meta.byteLength && written < bytes.byteLength) {
      const { bytesWritten } = await this.#handle.write(bytes, written, bytes.byteLength - written, offset + written);
      written += bytesWritten;
    }
    this.#receivedBytes += bytes.byteLength;
  }

  #fault(): StorageFault | undefined {
    return this.#isOpen ? this.#installer.fault() : CLOSED;
  }
}
