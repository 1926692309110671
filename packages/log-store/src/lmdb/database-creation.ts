/**
 * A new log file gets its name when it is whole and durable: a power cut at any instant leaves a log or none, never a
 * damaged one that an operator would have to judge.
 */
import { link, open as openFile, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { SILENT_LOGGER, type StorageFault } from "@aspenjs/api";
import type { ChainHasher } from "../chain-hasher.ts";
import { openLogStore, type LogStoreIdentity } from "../open-log-store.ts";
import { LmdbDisk } from "./lmdb-disk.ts";
import { DATABASE_FILE, openRowDatabase } from "./lmdb-environment.ts";

const STAGED_PREFIX = `${DATABASE_FILE}.new-`;
const LOCK_SUFFIX = "-lock";
/** File systems that give a file one name only. */
const LINKLESS_CODES = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"];

interface NewDatabase extends LogStoreIdentity {
  readonly directory: string;
  readonly mapBytes: number;
  readonly hasher: ChainHasher;
}

/** The directory holds no log. @throws Error with LMDB's or the system's code */
export async function createDatabaseFile(options: NewDatabase): Promise<StorageFault | undefined> {
  const staged = join(options.directory, `${STAGED_PREFIX}${process.pid}`);
  const file = join(options.directory, DATABASE_FILE);
  try {
    const fault = await fillDatabase(staged, options);
    if (fault !== undefined) return fault;
    await syncPath(staged, "r+");
    await giveName(staged, file);
    await syncDirectory(options.directory);
    await syncDirectory(dirname(options.directory));
    return undefined;
  } catch (error) {
    // Another process was faster, has the log to itself by now, and has cleaned up.
    if (codeOf(error) === "ENOENT" && (await exists(file))) return undefined;
    throw error;
  } finally {
    await rm(staged, { force: true });
    await rm(staged + LOCK_SUFFIX, { force: true });
  }
}

/** What creations left behind that did not come to their end. Only for whoever has the log to itself. */
export async function removeStagedFiles(directory: string): Promise<void> {
  const names = await readdir(directory);
  const staged = names.filter((name) => name.startsWith(STAGED_PREFIX));
  await Promise.all(staged.map((name) => rm(join(directory, name), { force: true })));
}

async function fillDatabase(file: string, options: NewDatabase): Promise<StorageFault | undefined> {
  const { hasher, mapBytes } = options;
  const database = openRowDatabase(file, mapBytes);
  const disk = new LmdbDisk({ database, file, hasher, logger: SILENT_LOGGER, onClosed: () => {} });
  const outcome = await openLogStore(hasher, disk, options);
  await (outcome.kind === "fault" ? disk : outcome.store).close();
  return outcome.kind === "fault" ? outcome.fault : undefined;
}

/** Of two processes that create one log at once, one gives its file the name, and both go on to open that one. */
async function giveName(staged: string, file: string): Promise<void> {
  try {
    await link(staged, file);
  } catch (error) {
    const code = codeOf(error);
    if (code === "EEXIST") return;
    if (!LINKLESS_CODES.includes(code)) throw error;
    await rename(staged, file);
  }
}

async function exists(file: string): Promise<boolean> {
  return (await readdir(dirname(file))).includes(basename(file));
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** A new file survives a power cut only when the directories that lead to it do. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  await syncPath(path, "r");
}

async function syncPath(path: string, flags: "r" | "r+"): Promise<void> {
  const handle = await openFile(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
