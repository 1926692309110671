import type { LogWriteBatch, StorageOutcome } from "@aspenjs/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMemoryLogStore, MemoryDisk } from "../src/memory/index.ts";
import { limits } from "../src/limits.ts";
import { assertSameLog } from "../src/testing/log-assertions.ts";
import { ModelLog, nextOperation, perform, SeededRandom } from "../src/testing/index.ts";
import { commandEntries, commandEntry } from "../src/testing/sample-entries.ts";
import { faultOf, STORE_ID, storeOf } from "./temporary-log.ts";

const openOn = (disk: MemoryDisk) => createMemoryLogStore({ disk, storeId: STORE_ID });

function appendOf(first: number, last: number): LogWriteBatch {
  return { entries: commandEntries(1, first, last) };
}

/** Lets everything that waits for nothing but promises run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe("a disk with manual sync", () => {
  test("a batch is acknowledged by its sync and not before, and several share one", async () => {
    const disk = new MemoryDisk({ sync: "manual" });
    const store = storeOf(await openOn(disk));
    const done: number[] = [];
    void store.append(appendOf(1, 1)).then(() => done.push(1));
    await settle();
    void store.append(appendOf(2, 2)).then(() => done.push(2));
    void store.append(appendOf(3, 3)).then(() => done.push(3));
    await settle();
    expect([done, disk.unsyncedBatchCount]).toEqual([[], 1]);
    const syncsBefore = disk.syncCount;
    expect(disk.completeSync()).toBe(true);
    await settle();
    expect([done, disk.unsyncedBatchCount]).toEqual([[1], 2]);
    disk.completeSync();
    await settle();
    expect([done, disk.unsyncedBatchCount, disk.syncCount - syncsBefore]).toEqual([[1, 2, 3], 0, 2]);
    expect(disk.completeSync()).toBe(false);
  });

  test("a crash loses what was not synced, all of it or behind a prefix of whole batches", async () => {
    for (const keptBatches of [0, 1, 2]) {
      const disk = new MemoryDisk();
      const store = storeOf(await openOn(disk));
      await store.append({ ...appendOf(1, 5), hardState: { term: 1, vote: 1 } });
      disk.setSync("manual");
      let isAcknowledged = false;
      const batch: LogWriteBatch = {
        entries: commandEntries(2, 4, 6),
        truncateFrom: 4,
        hardState: { term: 2, vote: 3 },
      };
      void store.append(batch).then(() => (isAcknowledged = true));
      void store.append({ entries: [commandEntry(2, 7)], committed: 7 });
      await settle();
      disk.crash({ keptBatches });
      disk.setSync("immediate");
      await settle();
      expect(isAcknowledged).toBe(false);
      const again = storeOf(await openOn(disk));
      expect(again.state.last).toEqual(
        [
          { term: 1, index: 5 },
          { term: 2, index: 6 },
          { term: 2, index: 7 },
        ][keptBatches],
      );
      expect(again.state.hardState).toEqual(keptBatches === 0 ? { term: 1, vote: 1 } : { term: 2, vote: 3 });
      expect((await again.verify()).kind).toBe("intact");
    }
  });

  test("the store of a crashed process cannot touch the disk any more", async () => {
    const disk = new MemoryDisk();
    const dead = storeOf(await openOn(disk));
    disk.crash();
    let hasHeard = false;
    void dead.append(appendOf(1, 3)).then(() => (hasHeard = true));
    void dead.close().then(() => (hasHeard = true));
    await settle();
    const store = storeOf(await openOn(disk));
    expect(store.state.last.index).toBe(0);
    await settle();
    expect([hasHeard, disk.isOpen]).toEqual([false, true]);
  });

  test("random histories survive random crashes: nothing acknowledged is lost, no batch is torn", async () => {
    const crashes = fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
      const random = new SeededRandom(seed);
      const disk = new MemoryDisk();
      let model = new ModelLog();
      for (let life = 0; life < 5; life += 1) {
        disk.setSync("immediate");
        const store = storeOf(await openOn(disk));
        assertSameLog(store, model);
        disk.setSync("manual");
        const histories = [model.copy()];
        let acknowledged = 0;
        const onOutcome = (outcome: StorageOutcome): void => {
          expect(outcome.kind).toBe("done");
          acknowledged += 1;
        };
        for (let count = random.below(25); count > 0; count -= 1) {
          const next = (histories.at(-1) ?? model).copy();
          const operation = nextOperation(random, next);
          next.apply(operation);
          histories.push(next);
          void perform(store, operation).then(onOutcome);
          if (random.below(3) === 0) await settle();
          if (random.below(4) === 0) disk.completeSync();
        }
        await settle();
        const keptBatches = random.below(disk.unsyncedBatchCount + 1);
        const promised = acknowledged;
        disk.crash({ keptBatches });
        disk.setSync("immediate");
        const survivor = storeOf(await openOn(disk));
        // A batch that changes nothing is acknowledged without a transaction: any log from there on will do.
        const candidates = histories.slice(promised);
        const found = candidates.find((candidate) => {
          try {
            assertSameLog(survivor, candidate);
            return true;
          } catch {
            return false;
          }
        });
        expect(found, `seed ${seed}, life ${life}, ${promised} acknowledged`).toBeDefined();
        model = found ?? model;
        await survivor.close();
      }
    });
    await fc.assert(crashes, { numRuns: 60 });
  });
});

describe("a disk that fails", () => {
  test.each(["disk_full", "io_failed"] as const)(
    "%s poisons the store, and nothing of the batch is there",
    async (code) => {
      const disk = new MemoryDisk();
      const store = storeOf(await openOn(disk));
      await store.append(appendOf(1, 4));
      disk.failNextSync(code);
      const failed = store.append({
        truncateFrom: 3,
        entries: commandEntries(2, 3, 9),
        hardState: { term: 2, vote: 1 },
      });
      const behind = store.append({ entries: [commandEntry(2, 10)] });
      const outcome = await failed;
      expect(outcome).toMatchObject({ kind: "fault", fault: { code } });
      expect(await behind).toEqual(outcome);
      expect(await store.append({ entries: [commandEntry(2, 11)] })).toEqual(outcome);
      expect(await store.purge({ term: 1, index: 1 })).toEqual(outcome);
      expect(await store.reset({ term: 9, index: 90 })).toEqual(outcome);
      expect(await store.verify()).toEqual(outcome);
      expect(store.read(1, 3, 1_000)).toMatchObject({ kind: "entries" });
      await store.close();
      const again = storeOf(await openOn(disk));
      expect(again.state).toMatchObject({ last: { term: 1, index: 4 }, hardState: { term: 0 } });
    },
  );

  test("every flipped bit of a row and of the header is found at reopen", async () => {
    const disk = new MemoryDisk();
    const store = storeOf(await openOn(disk));
    await store.append({ ...appendOf(1, 3), hardState: { term: 1, vote: 2 } });
    await store.close();
    for (let bit = 0; bit < (disk.rowByteLength(2) ?? 0) * 8; bit += 1) {
      disk.flipEntryBit(2, bit);
      const fault = await faultOf(await openOn(disk));
      expect(fault.code, `bit ${bit}`).toBe("corrupt");
      // A flipped hash of entry 2 shows there; nothing is blamed on an earlier entry.
      expect(fault.message, `bit ${bit}`).toMatch(/^entry 2:/);
      disk.flipEntryBit(2, bit);
    }
    for (let bit = 0; bit < (disk.headerByteLength ?? 0) * 8; bit += 1) {
      disk.flipHeaderBit(bit);
      expect((await faultOf(await openOn(disk))).code, `bit ${bit}`).toBe("corrupt");
      disk.flipHeaderBit(bit);
    }
    await storeOf(await openOn(disk)).close();
  });

  test("rot behind the entries in memory is found when they are read", async () => {
    const disk = new MemoryDisk();
    const store = storeOf(await openOn(disk));
    const count = limits.recentEntriesMax + 1_000;
    await store.append(appendOf(1, count));
    expect(store.read(500, 503, 10_000)).toEqual({ kind: "entries", entries: commandEntries(1, 500, 502) });
    disk.flipEntryBit(501, 300);
    expect(store.read(502, 503, 10_000).kind).toBe("entries");
    const outcome = store.read(500, 503, 10_000);
    expect(outcome).toMatchObject({ kind: "fault", fault: { code: "corrupt" } });
    expect(await store.append({ entries: [commandEntry(1, count + 1)] })).toEqual(outcome);
  });

  test("an erased disk is a fault for a store that must exist, and a fresh start otherwise", async () => {
    const disk = new MemoryDisk();
    const store = storeOf(await openOn(disk));
    await store.append(appendOf(1, 3));
    disk.erase();
    const fault = await faultOf(await createMemoryLogStore({ disk, storeId: STORE_ID, mustExist: true }));
    expect(fault).toMatchObject({ code: "corrupt", message: expect.stringContaining("must exist") });
    expect(storeOf(await openOn(disk)).state.last.index).toBe(0);
  });

  test("one store at a time, and only the one that the disk belongs to", async () => {
    const disk = new MemoryDisk();
    const store = storeOf(await openOn(disk));
    expect((await faultOf(await openOn(disk))).code).toBe("in_use");
    await store.close();
    const fault = await faultOf(await createMemoryLogStore({ disk, storeId: "node-2" }));
    expect(fault).toMatchObject({ code: "corrupt", message: expect.stringContaining('not of "node-2"') });
  });
});
