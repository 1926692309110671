import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AspenError } from "@aspenjs/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { takeUpLock } from "./up-lock.ts";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "aspen-lock-"));
});
afterEach(() => rm(root, { recursive: true }));

test("a cluster is run by one process at a time", async () => {
  await writeFile(join(root, "up.lock.3"), `${process.ppid}\n`);
  await expect(takeUpLock(root)).rejects.toSatisfy((error) => AspenError.isCode(error, "conflict"));
  expect(await readdir(root)).toEqual(["up.lock.3"]);
});

test("a lock that was given back, is damaged, or whose process is gone counts for nothing", async () => {
  // The highest process id of Linux is below this.
  await writeFile(join(root, "up.lock.3"), `${2 ** 22 + 1}\n`);
  const unlock = await takeUpLock(root);
  expect(await readdir(root)).toEqual(["up.lock.4"]);
  await unlock();
  await takeUpLock(root);
  await writeFile(join(root, "up.lock.5"), "garbage");
  await takeUpLock(root);
  expect(await readdir(root)).toEqual(["up.lock.6"]);
});
