import { spawn, spawnSync } from "node:child_process";
import { copyFile, mkdir, open, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { LogEntry, StorageOutcome } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { DATABASE_FILE } from "../src/lmdb/lmdb-environment.ts";
import { openLmdbLogStore } from "../src/lmdb/index.ts";
import { ModelLog, nextOperation, perform, readWholeLog, SeededRandom } from "../src/testing/index.ts";
import { commandEntries, commandEntry } from "../src/testing/sample-entries.ts";
import { faultOf, openLmdb, STORE_ID, storeOf, withDirectory } from "./temporary-log.ts";

const HOLDER = fileURLToPath(new URL("./programs/hold-store.ts", import.meta.url));

async function fill(directory: string, entries: readonly LogEntry[]): Promise<void> {
  const store = await openLmdb(directory);
  expect(await store.append({ entries, hardState: { term: 1, vote: 1 } })).toEqual({ kind: "done" });
  await store.close();
}

/** Leaves free pages and values of several pages in the file. Returns what it holds. */
async function fillWithHistory(directory: string): Promise<readonly LogEntry[]> {
  const store = await openLmdb(directory);
  const random = new SeededRandom(2);
  const model = new ModelLog();
  for (let count = 0; count < 150; count += 1) {
    const operation = nextOperation(random, model);
    model.apply(operation);
    expect(await perform(store, operation)).toEqual({ kind: "done" });
  }
  await store.close();
  return model.entries;
}

/** Every place of the bytes in the file: LMDB copies pages when it changes them, and old copies stay. */
function occurrences(file: Uint8Array, bytes: Uint8Array): readonly number[] {
  const haystack = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const found: number[] = [];
  for (let at = haystack.indexOf(bytes); at !== -1; at = haystack.indexOf(bytes, at + 1)) found.push(at);
  return found;
}

describe("a damaged file", () => {
  test("a flipped bit in a stored entry is found at open, with its index and what to do", () =>
    withDirectory(async (directory) => {
      const entries = commandEntries(1, 1, 40).map((entry) => commandEntry(1, entry.index, 100 + entry.index));
      await fill(directory, entries);
      const file = join(directory, DATABASE_FILE);
      const bytes = await readFile(file);
      const victim = entries[22]?.payload;
      const command = victim?.kind === "command" ? victim.command : new Uint8Array();
      const places = occurrences(bytes, command);
      expect(places.length).toBeGreaterThan(0);
      for (const place of places) bytes[place + 60] = (bytes[place + 60] ?? 0) ^ 0x10;
      await writeFile(file, bytes);
      const fault = await faultOf(await openLmdbLogStore({ directory, storeId: STORE_ID }));
      expect(fault.code).toBe("corrupt");
      expect(fault.message).toMatch(/^entry 23: the row does not match its hash.*join again as a new learner$/);
    }));

  test("`verify` finds a bit that flips while the store is open, and the store takes no more writes", () =>
    withDirectory(async (directory) => {
      const store = await openLmdb(directory);
      const entries = commandEntries(1, 1, 40).map((entry) => commandEntry(1, entry.index, 100 + entry.index));
      await store.append({ entries });
      expect(await store.verify()).toEqual({ kind: "intact", entryCount: 40 });
      const file = join(directory, DATABASE_FILE);
      const victim = entries[16]?.payload;
      const command = victim?.kind === "command" ? victim.command : new Uint8Array();
      const handle = await open(file, "r+");
      for (const place of occurrences(await readFile(file), command)) {
        await handle.write(Uint8Array.of((command[0] ?? 0) ^ 1), 0, 1, place);
      }
      await handle.close();
      expect(await store.verify()).toMatchObject({ kind: "broken", index: 17 });
      expect(await store.append({ entries: [commandEntry(1, 41)] })).toMatchObject({ fault: { code: "corrupt" } });
      await store.close();
    }));

  test("a file cut short ends a probe, not this process", () =>
    withDirectory(async (directory) => {
      await fill(
        directory,
        commandEntries(1, 1, 200).map((entry) => commandEntry(1, entry.index, 3_000)),
      );
      const file = join(directory, DATABASE_FILE);
      await truncate(file, 40_960);
      const fault = await faultOf(await openLmdbLogStore({ directory, storeId: STORE_ID }));
      expect(fault.code).toBe("corrupt");
      expect(fault.message).toMatch(/its probe ended with/);
    }));

  test("bytes overwritten anywhere give a typed fault or the whole log, never less and never a crash", () =>
    withDirectory(async (directory) => {
      const intact = join(directory, "intact");
      const whole = await fillWithHistory(intact);
      const bytes = await readFile(join(intact, DATABASE_FILE));
      const random = new SeededRandom(7);
      let refused = 0;
      for (let round = 0; round < 40; round += 1) {
        const damaged = join(directory, `damaged-${round}`);
        await mkdir(damaged);
        const copy = Uint8Array.from(bytes);
        // Half of the damage goes where it hurts LMDB most: into the heads of pages.
        const anywhere = random.below(copy.byteLength - 48);
        const place = round % 2 === 0 ? anywhere : anywhere - (anywhere % 4_096) + random.below(40);
        copy.set(random.bytes(1 + random.below(8)), place);
        await writeFile(join(damaged, DATABASE_FILE), copy);
        const outcome = await openLmdbLogStore({ directory: damaged, storeId: STORE_ID });
        if (outcome.kind === "fault") {
          refused += 1;
          expect(outcome.fault.code, `byte ${place}: ${outcome.fault.message}`).toBe("corrupt");
          continue;
        }
        const { store } = outcome;
        expect(readWholeLog(store), `byte ${place}`).toEqual(whole);
        for (let count = 0; count < 10; count += 1) {
          const { term, index } = store.state.last;
          // A damaged list of free pages may still show here: as a fault, not as the end of this process.
          await store.append({ entries: [commandEntry(term, index + 1, 5_000)] });
        }
        await store.close();
      }
      expect(refused).toBeGreaterThan(5);
    }));
});

describe("a disk that is full", () => {
  test("a full file system: typed, poisoned, readable, and consistent after reopening", async (context) =>
    withDirectory(async (directory) => {
      const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "none", directory], { encoding: "utf8" });
      if (mounted.status !== 0) {
        console.log(`skipped: no small file system can be mounted here: ${mounted.stderr}`);
        return context.skip();
      }
      try {
        await fillFileSystem(directory);
      } finally {
        const unmounted = spawnSync("umount", ["-l", directory], { encoding: "utf8" });
        expect(unmounted.stderr).toBe("");
      }
    }));

  async function fillFileSystem(directory: string): Promise<void> {
    const log = join(directory, "log");
    const store = await openLmdb(log);
    let outcome: StorageOutcome = { kind: "done" };
    let acknowledged = 0;
    while (outcome.kind === "done") {
      const next = acknowledged + 1;
      outcome = await store.append({ entries: [commandEntry(1, next, 20_000)], hardState: { term: next, vote: 1 } });
      if (outcome.kind === "done") acknowledged = next;
    }
    expect(outcome.fault.code).toBe("disk_full");
    expect(acknowledged).toBeGreaterThan(10);
    const again = await store.append({ entries: [commandEntry(1, acknowledged + 2)] });
    expect(again).toEqual(outcome);
    expect(await store.purge({ term: 1, index: 5 })).toEqual(outcome);
    const read = store.read(1, acknowledged + 1, 10_000_000);
    expect(read.kind === "entries" && read.entries.length).toBe(acknowledged);
    await store.close();
    const reopened = await openLmdb(log);
    expect(reopened.state.last.index).toBe(acknowledged);
    expect(reopened.state.hardState).toEqual({ term: acknowledged, vote: 1 });
    // Compaction is the way out of a full disk. LMDB uses the freed pages again from the second transaction on.
    expect(await reopened.purge({ term: 1, index: acknowledged - 2 })).toEqual({ kind: "done" });
    const hardState = { term: acknowledged + 1, vote: 1 };
    expect(await reopened.append({ entries: [], hardState })).toEqual({ kind: "done" });
    expect(await reopened.append({ entries: [commandEntry(1, acknowledged + 1, 20_000)] })).toEqual({ kind: "done" });
    await reopened.close();
  }
});

describe("who may open a log", () => {
  test("a second store of the same process is refused, and the first goes on", () =>
    withDirectory(async (directory) => {
      const store = await openLmdb(directory);
      const fault = await faultOf(await openLmdbLogStore({ directory: `${directory}/.`, storeId: STORE_ID }));
      expect(fault).toMatchObject({ code: "in_use", message: expect.stringContaining("open already") });
      expect(await store.append({ entries: [commandEntry(1, 1)] })).toEqual({ kind: "done" });
      await store.close();
      await (await openLmdb(directory)).close();
    }));

  test("a store that another process has open is refused until that process ends, even by SIGKILL", () =>
    withDirectory(async (directory) => {
      const holder = spawn(process.execPath, [...process.execArgv, HOLDER, directory]);
      const [said] = await once(holder.stdout, "data");
      expect(String(said)).toBe("opened\n");
      const fault = await faultOf(await openLmdbLogStore({ directory, storeId: STORE_ID }));
      expect(fault.message).toContain(`in process ${holder.pid}`);
      holder.kill("SIGKILL");
      await once(holder, "close");
      await (await openLmdb(directory)).close();
    }));

  test("a new log has its name when it is whole; what an interrupted creation left is removed", () =>
    withDirectory(async (directory) => {
      const left = join(directory, `${DATABASE_FILE}.new-1`);
      await writeFile(left, "half a log");
      await writeFile(`${left}-lock`, "");
      await (await openLmdb(directory)).close();
      expect((await readdir(directory)).toSorted()).toEqual([DATABASE_FILE, `${DATABASE_FILE}-lock`]);
    }));

  test("of many processes that create one log at once, at most one has it, and none finds it damaged", () =>
    withDirectory(async (directory) => {
      const rivals = Array.from({ length: 4 }, () => spawn(process.execPath, [...process.execArgv, HOLDER, directory]));
      const said = await Promise.all(
        rivals.map(async (rival) => {
          const [line] = (await once(rival.stdout, "data")) as [Buffer];
          return String(line).trim();
        }),
      );
      for (const rival of rivals) rival.kill("SIGKILL");
      await Promise.all(rivals.map((rival) => once(rival, "close")));
      expect(said.filter((line) => line === "opened").length).toBeLessThanOrEqual(1);
      expect(said.filter((line) => line !== "opened" && !line.includes("is open already"))).toEqual([]);
      await (await openLmdb(directory)).close();
    }));

  test("another node's log is refused", () =>
    withDirectory(async (directory) => {
      await (await openLmdb(directory)).close();
      const fault = await faultOf(await openLmdbLogStore({ directory, storeId: "node-2" }));
      expect(fault).toMatchObject({ code: "corrupt", message: expect.stringContaining('"node-1", not of "node-2"') });
    }));

  test("a log that must exist is never created", () =>
    withDirectory(async (directory) => {
      const options = { directory: join(directory, "log"), storeId: STORE_ID, mustExist: true };
      const fault = await faultOf(await openLmdbLogStore(options));
      expect(fault).toMatchObject({ code: "corrupt", message: expect.stringContaining("must exist") });
      await (await openLmdb(options.directory)).close();
      // Damage that leaves a file, but none of ours: an empty one counts as nothing stored.
      await truncate(join(options.directory, DATABASE_FILE), 0);
      expect((await faultOf(await openLmdbLogStore(options))).code).toBe("corrupt");
    }));

  test("a directory that cannot be used is `io_failed`", () =>
    withDirectory(async (directory) => {
      await writeFile(join(directory, "file"), "");
      const fault = await faultOf(
        await openLmdbLogStore({ directory: join(directory, "file", "log"), storeId: STORE_ID }),
      );
      expect(fault.code).toBe("io_failed");
    }));
});

describe("a long log", () => {
  test("entries far behind come from the disk, and a large purge leaves in slices", () =>
    withDirectory(async (directory) => {
      const count = 20_000;
      let store = await openLmdb(directory);
      for (let first = 1; first <= count; first += 1_000) {
        void store.append({ entries: commandEntries(1, first, first + 999) });
      }
      expect(await store.append({ entries: [], committed: count })).toEqual({ kind: "done" });
      const old = store.read(100, 110, 100_000);
      expect(old).toEqual({ kind: "entries", entries: commandEntries(1, 100, 109) });
      expect(readWholeLog(store, 100_000)).toEqual(commandEntries(1, 1, count));
      const tip = store.chainTip;
      expect(await store.purge({ term: 1, index: count - 3 })).toEqual({ kind: "done" });
      // Closed in the middle of the removal: the header already says what is live.
      await store.close();
      await copyFile(join(directory, DATABASE_FILE), join(directory, "copy"));
      store = storeOf(await openLmdbLogStore({ directory, storeId: STORE_ID, mustExist: true }));
      expect(store.state.purged.index).toBe(count - 3);
      expect(store.chainTip).toEqual(tip);
      expect(readWholeLog(store)).toEqual(commandEntries(1, count - 2, count));
      expect(await store.append({ entries: commandEntries(2, count + 1, count + 2) })).toEqual({ kind: "done" });
      expect(await store.verify()).toEqual({ kind: "intact", entryCount: 5 });
      await store.close();
    }));
});
