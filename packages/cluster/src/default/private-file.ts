import { mkdir, open, readFile, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { AspenError } from "@aspenjs/api";

const PRIVATE_MODE = 0o600;
const PRIVATE_DIRECTORY_MODE = 0o700;
const OTHERS_MASK = 0o077;

/** Reads a file that nobody else may read. `undefined` when there is none. @throws AspenError `forbidden` */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path);
    if ((mode & OTHERS_MASK) !== 0) {
      throw new AspenError("forbidden", `${path} can be read by others; make it private: chmod 600 ${path}`);
    }
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Replaces the file as a whole, durably: a crash leaves the old text or the new one. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: PRIVATE_DIRECTORY_MODE });
  const staged = `${path}.new`;
  const file = await open(staged, "w", PRIVATE_MODE);
  try {
    await file.chmod(PRIVATE_MODE);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(staged, path);
  const directory = await open(dirname(path), "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
