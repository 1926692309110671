/**
 * The long work on state files, away from the connection that applies: each task opens its own connection, does one
 * thing, and closes it. Run by a worker thread, so that the event loop stays free.
 *
 * No task opens `state.sqlite` through the file system: closing such a handle would drop SQLite's locks on it.
 */
import { Buffer } from "node:buffer";
import { createReadStream } from "node:fs";
import { open, rm, stat } from "node:fs/promises";
import { isSameLogId, unreachable, type SnapshotMeta, type StorageFault } from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import { SqliteError, type Database } from "better-sqlite3";
import { Blake3 } from "../blake3.ts";
import type { SavedState } from "../replicated-state.ts";
import { decodeChanges } from "../change-row.ts";
import { isSameSnapshot } from "../snapshot-meta-row.ts";
import { stateChecksum } from "../state-checksum.ts";
import { syncFile, touchPrivately } from "./durable-file.ts";
import { allEntries } from "./entry-table.ts";
import { openBeside, openFinished } from "./open-database.ts";
import { CorruptStateError, storageFaultOf, withoutCause } from "./sqlite-fault.ts";
import { checkSchema } from "./state-schema.ts";
import { loadState } from "./state-tables.ts";

export type MaintenanceTask =
  /** Moves the pages of the write-ahead file into the database file and syncs both. Nobody waits for it. */
  | { readonly kind: "checkpoint"; readonly databasePath: string }
  /** Writes a compact copy of the state as of one instant, checks and syncs it. */
  | { readonly kind: "copy"; readonly databasePath: string; readonly targetPath: string }
  /** Says what is wrong with the file of a snapshot, or nothing. */
  | { readonly kind: "verify"; readonly path: string; readonly meta: SnapshotMeta }
  | { readonly kind: "digest"; readonly path: string }
  | { readonly kind: "checksum"; readonly databasePath: string };

export interface MaintenanceResults {
  readonly checkpoint: { readonly isComplete: boolean };
  readonly copy: SnapshotMeta;
  readonly verify: { readonly problem: string | undefined };
  readonly digest: Uint8Array;
  readonly checksum: string;
}

export type MaintenanceOutcome<Kind extends MaintenanceTask["kind"]> =
  | { readonly kind: "done"; readonly result: MaintenanceResults[Kind] }
  | { readonly kind: "fault"; readonly fault: StorageFault };

export type AnyMaintenanceOutcome = MaintenanceOutcome<MaintenanceTask["kind"]>;

/** One task at a time. */
export interface Maintenance {
  run<Kind extends MaintenanceTask["kind"]>(
    task: Extract<MaintenanceTask, { kind: Kind }>,
  ): Promise<MaintenanceOutcome<Kind>>;
  close(): Promise<void>;
}

export async function performMaintenance(task: MaintenanceTask): Promise<AnyMaintenanceOutcome> {
  try {
    return { kind: "done", result: await perform(task) };
  } catch (error) {
    return { kind: "fault", fault: withoutCause(storageFaultOf(error)) };
  }
}

function perform(task: MaintenanceTask): Promise<MaintenanceResults[MaintenanceTask["kind"]]> {
  switch (task.kind) {
    case "checkpoint":
      return checkpoint(task.databasePath);
    case "copy":
      return copyState(task.databasePath, task.targetPath);
    case "verify":
      return verifySnapshot(task.path, task.meta);
    case "digest":
      return digestFile(task.path);
    case "checksum":
      return checksumState(task.databasePath);
    default:
      return unreachable(task);
  }
}

async function checkpoint(databasePath: string): Promise<MaintenanceResults["checkpoint"]> {
  return withDatabase(openBeside(databasePath), async (database) => {
    const rows = database.pragma("wal_checkpoint(PASSIVE)") as { busy: number; log: number; checkpointed: number }[];
    const [row] = rows;
    return { isComplete: row !== undefined && row.busy === 0 && row.log === row.checkpointed };
  });
}

async function copyState(databasePath: string, targetPath: string): Promise<SnapshotMeta> {
  await removeFinished(targetPath);
  await touchPrivately(targetPath);
  await withDatabase(openBeside(databasePath), async (database) => {
    // One statement, one read transaction: entries, sessions and position are those of one commit.
    database.prepare("VACUUM INTO ?").run(targetPath);
  });
  const { lastApplied, membership } = await withDatabase(openFinished(targetPath), async (copy) => {
    assertIntact(copy, "integrity_check");
    return checkRows(copy);
  });
  await syncFile(targetPath);
  const { size } = await stat(targetPath);
  return { lastIncluded: lastApplied, membership, byteLength: size, digest: await digestFile(targetPath) };
}

async function verifySnapshot(path: string, meta: SnapshotMeta): Promise<MaintenanceResults["verify"]> {
  const { size } = await stat(path);
  if (size !== meta.byteLength) return { problem: `${size} of ${meta.byteLength} bytes are here` };
  if (Buffer.compare(await digestFile(path), meta.digest) !== 0) return { problem: "its digest is another one" };
  try {
    return { problem: await contentProblem(path, meta) };
  } catch (error) {
    // The bytes are those that were sent: what is wrong with them is no fault of this disk.
    const isContent = error instanceof CorruptStateError || error instanceof DecodeError || isUnreadable(error);
    if (isContent) return { problem: `it cannot be read: ${error.message}` };
    throw error;
  }
}

async function contentProblem(path: string, meta: SnapshotMeta): Promise<string | undefined> {
  if (!(await isWithoutWriteAhead(path))) return "its file is not one that a snapshot is made of";
  return withDatabase(openFinished(path), async (database) => {
    checkSchema(database);
    assertIntact(database, "quick_check");
    const { lastApplied, membership } = checkRows(database);
    if (!isSameLogId(lastApplied, meta.lastIncluded)) return "it ends at another log entry than its meta says";
    const held = { ...meta, membership };
    return isSameSnapshot(held, meta) ? undefined : "it holds another membership than its meta says";
  });
}

const DATABASE_HEADER_BYTES = 100;
const READ_VERSION_OFFSET = 18;
const WRITE_VERSION_OFFSET = 19;
const ROLLBACK_JOURNAL_VERSION = 1;

/** A file in write-ahead mode would make SQLite write beside it only to read it. */
async function isWithoutWriteAhead(path: string): Promise<boolean> {
  const handle = await open(path, "r");
  try {
    const header = new Uint8Array(DATABASE_HEADER_BYTES);
    await handle.read(header, 0, DATABASE_HEADER_BYTES, 0);
    return (
      header[READ_VERSION_OFFSET] === ROLLBACK_JOURNAL_VERSION &&
      header[WRITE_VERSION_OFFSET] === ROLLBACK_JOURNAL_VERSION
    );
  } finally {
    await handle.close();
  }
}

async function checksumState(databasePath: string): Promise<string> {
  return withDatabase(openBeside(databasePath), async (database) => {
    database.exec("BEGIN");
    const checksum = await stateChecksum(allEntries(database), loadState(database));
    database.exec("COMMIT");
    return checksum;
  });
}

async function digestFile(path: string): Promise<Uint8Array> {
  const hash = await Blake3.create();
  for await (const chunk of createReadStream(path, { highWaterMark: 1_048_576 })) hash.update(chunk as Buffer);
  return hash.digest();
}

function assertIntact(database: Database, pragma: "integrity_check" | "quick_check"): void {
  const report = database.pragma(pragma, { simple: true });
  if (report !== "ok") throw new CorruptStateError(`${pragma}: ${String(report)}`);
}

/** Reads everything against its checksums: a flipped bit must not travel to another replica as a valid snapshot. */
function checkRows(database: Database): SavedState {
  for (const entry of allEntries(database)) void entry;
  const state = loadState(database);
  for (const changes of state.changes) void decodeChanges(changes);
  return state;
}

function isUnreadable(error: unknown): error is Error {
  return error instanceof SqliteError && /^SQLITE_(CORRUPT|NOTADB|ERROR)/.test(error.code);
}

async function withDatabase<Result>(database: Database, use: (database: Database) => Promise<Result>): Promise<Result> {
  try {
    return await use(database);
  } finally {
    database.close();
  }
}

/** A file of SQLite's that no connection has open, with what may lie beside it after a crash. */
export async function removeFinished(path: string): Promise<void> {
  for (const suffix of ["", "-journal", "-wal", "-shm"]) await rm(`${path}${suffix}`, { force: true });
}
