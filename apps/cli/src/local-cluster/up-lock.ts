/**
 * One `aspen up` at a time in a directory, without help from the operating system: files `up.lock.1`, `up.lock.2` and
 * so on, of which the highest counts, and each says which process made it.
 *
 * L1  A number is given once: a lock that was left behind is not removed but outbid, and of all that bid the same
 *     number one gets it.
 * L2  The highest number is never removed. So whoever bids late, on an old look, finds a higher one afterwards.
 */
import { link, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AspenError } from "@aspenjs/api";
import { isMissingFile, readSmallFile } from "../small-file.ts";

const PRIVATE_MODE = 0o600;
const LOCK_BYTES_MAX = 32;
const LOCK_NAME = /^up\.lock\.(\d{1,15})$/;
const FREE = "0\n";

/**
 * @returns gives the lock back
 * @throws AspenError `conflict`
 */
export async function takeUpLock(directory: string): Promise<() => Promise<void>> {
  for (;;) {
    const highest = Math.max(0, ...(await lockNumbers(directory)));
    if (highest > 0) await assertFree(pathOf(directory, highest));
    const own = highest + 1;
    if (!(await bid(directory, own))) continue;
    const numbers = await lockNumbers(directory);
    if (own === Math.max(...numbers)) {
      await removeAll(numbers.filter((number) => number < own).map((number) => pathOf(directory, number)));
      return () => writeFile(pathOf(directory, own), FREE);
    }
    await removeAll([pathOf(directory, own)]);
  }
}

async function lockNumbers(directory: string): Promise<readonly number[]> {
  const names = await readdir(directory);
  return names.flatMap((name) => {
    const number = LOCK_NAME.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
}

function pathOf(directory: string, number: number): string {
  return join(directory, `up.lock.${number}`);
}

/** The name is given to a file that says already whose it is. */
async function bid(directory: string, number: number): Promise<boolean> {
  const staged = join(directory, `up.lock.new-${process.pid}`);
  await writeFile(staged, `${process.pid}\n`, { mode: PRIVATE_MODE });
  try {
    await link(staged, pathOf(directory, number));
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(staged, { force: true });
  }
}

async function assertFree(path: string): Promise<void> {
  const holder = await readHolder(path);
  if (!(holder > 0) || holder === process.pid || !isAlive(holder)) return;
  throw new AspenError("conflict", `process ${holder} runs this cluster already; if it does not, remove ${path}`);
}

/** Not a number when the file is gone meanwhile, or damaged: then nobody holds it. */
async function readHolder(path: string): Promise<number> {
  try {
    return Number(await readSmallFile(path, LOCK_BYTES_MAX));
  } catch (error) {
    if (isMissingFile(error)) return Number.NaN;
    throw error;
  }
}

async function removeAll(paths: readonly string[]): Promise<void> {
  await Promise.all(paths.map((path) => rm(path, { force: true })));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is one all the same.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
