import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

/** Nobody but the node's own user has business with its state. */
const PRIVATE_FILE_MODE = 0o600;
export const PRIVATE_DIRECTORY_MODE = 0o700;

async function withHandle<Result>(handle: FileHandle, use: (handle: FileHandle) => Promise<Result>): Promise<Result> {
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}

export async function syncFile(path: string): Promise<void> {
  await withHandle(await open(path, "r+"), (handle) => handle.sync());
}

/** Makes names durable: created, renamed and removed ones. Windows keeps them without being asked, and cannot be. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  await withHandle(await open(path, "r"), (handle) => handle.sync());
}

/** The file is there whole, or not at all, after a crash at any instant. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.draft`;
  await rm(draft, { force: true });
  await withHandle(await open(draft, "wx", PRIVATE_FILE_MODE), async (handle) => {
    await handle.writeFile(bytes);
    await handle.sync();
  });
  await rename(draft, path);
  await syncDirectory(dirname(path));
}

/** Creates the file for its owner alone, unless it is there. */
export async function touchPrivately(path: string): Promise<void> {
  await withHandle(await open(path, "a", PRIVATE_FILE_MODE), async () => {});
}
