import { constants, copyFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { removeFinished } from "./maintenance.ts";
import { syncDirectory, syncFile } from "./durable-file.ts";

/** Copies a verified snapshot to where it can take the state's place. By reference where the file system can. */
export async function stageState(snapshotPath: string, databasePath: string): Promise<void> {
  const staged = stagedPath(databasePath);
  await removeFinished(staged);
  await copyFile(snapshotPath, staged, constants.COPYFILE_FICLONE);
  await syncFile(staged);
}

/**
 * Puts the staged file in the place of the state. Every connection is closed and the write-ahead file was emptied, so
 * that a crash before the rename leaves the old state whole. What lies beside the old file must be gone, durably,
 * before the new one has its name: SQLite would apply an old write-ahead file to it.
 */
export async function swapState(databasePath: string): Promise<void> {
  for (const suffix of ["-wal", "-shm"]) await rm(`${databasePath}${suffix}`, { force: true });
  await syncDirectory(dirname(databasePath));
  await rename(stagedPath(databasePath), databasePath);
  await syncDirectory(dirname(databasePath));
}

export function stagedPath(databasePath: string): string {
  return `${databasePath}.staged`;
}
