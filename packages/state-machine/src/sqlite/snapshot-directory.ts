/**
 * The folder `snapshots/`: the latest snapshot, and at most one on its way in.
 *
 *   snapshot-<n>.sqlite, snapshot-<n>.meta   a finished one; the higher number is the later one
 *   taking.sqlite                            being written
 *   incoming.sqlite, incoming.meta           being received
 *
 * A snapshot exists once its `.meta` does: that file is written last and renamed into place whole, with a checksum.
 * Whatever else a crash left is removed at the next start, except for what was being received.
 */
import { Buffer } from "node:buffer";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Logger, SnapshotMeta } from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import { decodeSnapshotMeta, encodeSnapshotMeta, isSameSnapshot } from "../snapshot-meta-row.ts";
import { PRIVATE_DIRECTORY_MODE, syncDirectory, touchPrivately, writeDurably } from "./durable-file.ts";
import { removeFinished } from "./maintenance.ts";
import { contentCrc, plainBytes } from "./state-schema.ts";

export interface StoredSnapshot {
  readonly meta: SnapshotMeta;
  readonly path: string;
  /** Whether this process has written its bytes or has read them against their digest. */
  readonly isVerified: boolean;
}

const SNAPSHOT_META = /^snapshot-(?<number>\d{1,15})\.meta$/;
const CRC_BYTES = 4;

export class SnapshotDirectory {
  readonly takingPath: string;
  readonly incomingPath: string;
  readonly #path: string;
  readonly #incomingMetaPath: string;
  readonly #logger: Logger;
  #latest: StoredSnapshot | undefined;
  /** Of all names that were ever seen here, so that none is given twice. */
  #highestNumber = 0;

  private constructor(path: string, logger: Logger) {
    this.#path = path;
    this.#logger = logger;
    this.takingPath = join(path, "taking.sqlite");
    this.incomingPath = join(path, "incoming.sqlite");
    this.#incomingMetaPath = join(path, "incoming.meta");
  }

  static async open(path: string, logger: Logger): Promise<SnapshotDirectory> {
    await mkdir(path, { recursive: true, mode: PRIVATE_DIRECTORY_MODE });
    const directory = new SnapshotDirectory(path, logger);
    await directory.#recover();
    return directory;
  }

  get latest(): StoredSnapshot | undefined {
    return this.#latest;
  }

  /** Makes a finished and synced file of this folder the latest snapshot. */
  async promote(path: string, meta: SnapshotMeta): Promise<void> {
    this.#highestNumber += 1;
    const finalPath = this.#dataPath(this.#highestNumber);
    await rename(path, finalPath);
    await syncDirectory(this.#path);
    await writeDurably(metaPathOf(finalPath), withCrc(encodeSnapshotMeta(meta)));
    const replaced = this.#latest;
    this.#latest = { meta, path: finalPath, isVerified: true };
    if (replaced !== undefined) await removeSnapshot(replaced.path);
  }

  markVerified(): void {
    if (this.#latest !== undefined) this.#latest = { ...this.#latest, isVerified: true };
  }

  /** The latest snapshot turned out to be damaged. */
  async dropLatest(): Promise<void> {
    const dropped = this.#latest;
    this.#latest = undefined;
    if (dropped !== undefined) await removeSnapshot(dropped.path);
  }

  /** Makes room for a snapshot, or keeps what is here of the same one. Returns how many bytes that is. */
  async beginIncoming(meta: SnapshotMeta): Promise<number> {
    const earlier = await this.#readMeta(this.#incomingMetaPath);
    if (earlier !== undefined && isSameSnapshot(earlier, meta)) {
      const byteLength = await fileLength(this.incomingPath);
      if (byteLength !== undefined && byteLength <= meta.byteLength) return byteLength;
    }
    await this.dropIncoming();
    await writeDurably(this.#incomingMetaPath, withCrc(encodeSnapshotMeta(meta)));
    await touchPrivately(this.incomingPath);
    return 0;
  }

  async dropIncoming(): Promise<void> {
    await rm(this.#incomingMetaPath, { force: true });
    await removeFinished(this.incomingPath);
  }

  async #recover(): Promise<void> {
    const names = await readdir(this.#path);
    const numbers = names
      .map((name) => Number(SNAPSHOT_META.exec(name)?.groups?.["number"] ?? 0))
      .filter((number) => number > 0)
      .sort((left, right) => right - left);
    for (const number of numbers) {
      this.#highestNumber = Math.max(this.#highestNumber, number);
      this.#latest ??= await this.#readSnapshot(number);
    }
    const kept = new Set([this.incomingPath, this.#incomingMetaPath]);
    if (this.#latest !== undefined) kept.add(this.#latest.path).add(metaPathOf(this.#latest.path));
    for (const name of names) if (!kept.has(join(this.#path, name))) await rm(join(this.#path, name), { force: true });
    if ((await this.#readMeta(this.#incomingMetaPath)) === undefined) await this.dropIncoming();
  }

  async #readSnapshot(number: number): Promise<StoredSnapshot | undefined> {
    const path = this.#dataPath(number);
    const meta = await this.#readMeta(metaPathOf(path));
    if (meta !== undefined && (await fileLength(path)) === meta.byteLength) return { meta, path, isVerified: false };
    this.#logger.log("warn", "a damaged snapshot was removed", { path });
    return undefined;
  }

  async #readMeta(path: string): Promise<SnapshotMeta | undefined> {
    if ((await fileLength(path)) === undefined) return undefined;
    const bytes = await readFile(path);
    if (bytes.byteLength <= CRC_BYTES) return undefined;
    const row = plainBytes(bytes.subarray(CRC_BYTES));
    if (contentCrc(row) !== bytes.readUInt32BE(0)) return undefined;
    try {
      return decodeSnapshotMeta(row);
    } catch (error) {
      if (error instanceof DecodeError) return undefined;
      throw error;
    }
  }

  #dataPath(number: number): string {
    return join(this.#path, `snapshot-${number}.sqlite`);
  }
}

/** Its meta goes first: without one it does not exist. */
async function removeSnapshot(dataPath: string): Promise<void> {
  await rm(metaPathOf(dataPath), { force: true });
  await removeFinished(dataPath);
}

function metaPathOf(dataPath: string): string {
  return dataPath.replace(/\.sqlite$/, ".meta");
}

function withCrc(row: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(CRC_BYTES + row.byteLength);
  bytes.writeUInt32BE(contentCrc(row), 0);
  bytes.set(row, CRC_BYTES);
  return bytes;
}

async function fileLength(path: string): Promise<number | undefined> {
  const stats = await stat(path).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  });
  return stats?.size;
}
