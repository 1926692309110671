import { mkdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { SILENT_LOGGER, type Logger, type StorageFault } from "@aspenjs/api";
import { loadChainHasher, type ChainHasher } from "../chain-hasher.ts";
import {
  assertStoreIdentity,
  openLogStore,
  type LogStoreIdentity,
  type OpenLogStoreOutcome,
} from "../open-log-store.ts";
import { corruptFault } from "../storage-faults.ts";
import { claimDatabase, claimedFault } from "./database-claim.ts";
import { createDatabaseFile, removeStagedFiles } from "./database-creation.ts";
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
    isNew = !(await isPresent(join(options.directory, DATABASE_FILE)));
    if (isNew && options.mustExist === true) return { kind: "fault", fault: missingFault(options) };
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    directory = await realpath(options.directory);
  } catch (error) {
    return { kind: "fault", fault: lmdbFault(`cannot use ${options.directory}`, error) };
  }
  if (openDirectories.has(directory)) return { kind: "fault", fault: claimedFault(directory, [process.pid]) };
  openDirectories.add(directory);
  const mapBytes = options.mapBytes ?? MAP_BYTES_DEFAULT;
  const release = (): void => void openDirectories.delete(directory);
  const database = await openDatabase({ ...options, hasher, directory, mapBytes, isNew });
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

interface DatabaseOptions extends LogStoreIdentity {
  readonly directory: string;
  readonly mapBytes: number;
  readonly hasher: ChainHasher;
  readonly isNew: boolean;
}

async function openDatabase(options: DatabaseOptions): Promise<DatabaseOutcome> {
  const { directory, mapBytes, isNew } = options;
  const file = join(directory, DATABASE_FILE);
  let database: RowDatabase | undefined;
  let fault: StorageFault | undefined;
  try {
    fault = isNew ? await createDatabaseFile(options) : await probeDatabase(file);
    if (fault !== undefined) return { kind: "fault", fault };
    database = openRowDatabase(file, mapBytes);
    fault = await claimDatabase(database, directory);
    if (fault === undefined) {
      await removeStagedFiles(directory);
      return database;
    }
  } catch (error) {
    fault = lmdbFault(`cannot open ${file}`, error);
  }
  await database?.close();
  return { kind: "fault", fault };
}

async function isPresent(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

function missingFault(options: LmdbLogStoreOptions): StorageFault {
  return corruptFault(`the log of "${options.storeId}" must exist, but there is none in ${options.directory}`);
}
