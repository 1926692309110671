import { mkdir, open as openFile, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SILENT_LOGGER, type Logger, type StorageFault } from "@aspenjs/api";
import { loadChainHasher } from "../chain-hasher.ts";
import {
  assertStoreIdentity,
  openLogStore,
  type LogStoreIdentity,
  type OpenLogStoreOutcome,
} from "../open-log-store.ts";
import { corruptFault } from "../storage-faults.ts";
import { claimDatabase, claimedFault } from "./database-claim.ts";
import { LmdbDisk } from "./lmdb-disk.ts";
import { DATABASE_FILE, MAP_BYTES_DEFAULT, openRowDatabase, type RowDatabase } from "./lmdb-environment.ts";
import { lmdbFault } from "./lmdb-fault.ts";
import { probeDatabase } from "./probe-process.ts";

export interface LmdbLogStoreOptions extends LogStoreIdentity {
  /** Holds the log file and LMDB's lock file; created when missing. One store per directory. Not on a network disk. */
  readonly directory: string;
  readonly logger?: Logger;
  /** Address space reserved for the file. More is mapped when the log outgrows it; the default is 16 GiB. */
  readonly mapBytes?: number;
}

/** Directories that this process has open, by their real path. LMDB must not open one file twice in one process. */
const openDirectories = new Set<string>();

/**
 * Opens the log of one node, or creates it. Reads and verifies everything in it first; a file that is damaged, that
 * belongs to another store, or that another process has open is a fault and stays as it is.
 */
export async function openLmdbLogStore(options: LmdbLogStoreOptions): Promise<OpenLogStoreOutcome> {
  assertStoreIdentity(options);
  const hasher = await loadChainHasher();
  let directory: string;
  let isNew: boolean;
  try {
    isNew = !(await holdsBytes(join(options.directory, DATABASE_FILE)));
    if (isNew && options.mustExist === true) return { kind: "fault", fault: missingFault(options) };
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    directory = await realpath(options.directory);
  } catch (error) {
    return { kind: "fault", fault: lmdbFault(`cannot use ${options.directory}`, error) };
  }
  if (openDirectories.has(directory)) return { kind: "fault", fault: claimedFault(directory, [process.pid]) };
  openDirectories.add(directory);
  const release = (): void => void openDirectories.delete(directory);
  const database = await openDatabase(directory, isNew, options.mapBytes ?? MAP_BYTES_DEFAULT);
  if ("fault" in database) {
    release();
    return database;
  }
  const disk = new LmdbDisk({
    database,
    file: join(directory, DATABASE_FILE),
    hasher,
    logger: options.logger ?? SILENT_LOGGER,
    onClosed: release,
  });
  const outcome = await openLogStore(hasher, disk, options);
  if (outcome.kind === "fault") await disk.close();
  return outcome;
}

type DatabaseOutcome = RowDatabase | { readonly kind: "fault"; readonly fault: StorageFault };

async function openDatabase(directory: string, isNew: boolean, mapBytes: number): Promise<DatabaseOutcome> {
  const file = join(directory, DATABASE_FILE);
  if (!isNew) {
    const unsound = await probeDatabase(file);
    if (unsound !== undefined) return { kind: "fault", fault: unsound };
  }
  let database: RowDatabase | undefined;
  let fault: StorageFault | undefined;
  try {
    database = openRowDatabase(file, mapBytes);
    if (isNew) await syncDirectories(directory);
    fault = await claimDatabase(database, directory);
    if (fault === undefined) return database;
  } catch (error) {
    fault = lmdbFault(`cannot open ${file}`, error);
  }
  await database?.close();
  return { kind: "fault", fault };
}

/** A new file survives a power cut only when the directories that lead to it do. */
async function syncDirectories(directory: string): Promise<void> {
  if (process.platform === "win32") return;
  for (const path of [directory, dirname(directory)]) {
    const handle = await openFile(path, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

async function holdsBytes(file: string): Promise<boolean> {
  const stats = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return stats !== undefined && stats.size > 0;
}

function missingFault(options: LmdbLogStoreOptions): StorageFault {
  return corruptFault(`the log of "${options.storeId}" must exist, but there is none in ${options.directory}`);
}
