import type { LogEntry } from "@aspenjs/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CHAIN_GENESIS, loadChainHasher } from "../src/chain-hasher.ts";
import type { ChainedLogStore } from "../src/chained-log-store.ts";
import { encodeEntry } from "../src/entry-codec.ts";
import { openLmdbLogStore } from "../src/lmdb/index.ts";
import { createMemoryLogStore, MemoryDisk } from "../src/memory/index.ts";
import { ModelLog, nextOperation, perform, readWholeLog, SeededRandom } from "../src/testing/index.ts";
import { commandEntries } from "../src/testing/sample-entries.ts";
import { STORE_ID, storeOf, withDirectory } from "./temporary-log.ts";

const hasher = await loadChainHasher();

/** The definition, spelled out. */
function chainOf(entries: readonly LogEntry[], base: Uint8Array = CHAIN_GENESIS): Uint8Array {
  return entries.reduce((hash, entry) => hasher.link(hash, encodeEntry(entry)), base);
}

type Reopen = (store: ChainedLogStore) => Promise<ChainedLogStore>;

const backends: readonly (readonly [
  string,
  (run: (open: ChainedLogStore, reopen: Reopen) => Promise<void>) => Promise<void>,
])[] = [
  [
    "memory",
    async (run) => {
      const disk = new MemoryDisk();
      const open = async () => storeOf(await createMemoryLogStore({ disk, storeId: STORE_ID }));
      await run(await open(), async (store) => {
        await store.close();
        return open();
      });
    },
  ],
  [
    "LMDB",
    (run) =>
      withDirectory(async (directory) => {
        let last = storeOf(await openLmdbLogStore({ directory, storeId: STORE_ID }));
        await run(last, async (store) => {
          await store.close();
          last = storeOf(await openLmdbLogStore({ directory, storeId: STORE_ID }));
          return last;
        });
        await last.close();
      }),
  ],
];

describe.each(backends)("the hash chain (%s)", (_name, withStore) => {
  const ten = commandEntries(1, 1, 10);

  test("its tip is the hash over all entries, and survives a restart", () =>
    withStore(async (store, reopen) => {
      expect(store.chainTip).toEqual(CHAIN_GENESIS);
      await store.append({ entries: ten });
      expect(store.chainTip).toEqual(chainOf(ten));
      store = await reopen(store);
      expect(store.chainTip).toEqual(chainOf(ten));
      const more = commandEntries(2, 11, 12);
      await store.append({ entries: more });
      expect(store.chainTip).toEqual(chainOf([...ten, ...more]));
      expect(await (await reopen(store)).verify()).toEqual({ kind: "intact", entryCount: 12 });
    }));

  test("a truncation right behind the purge point goes back to the hash there, not to genesis", () =>
    withStore(async (store, reopen) => {
      await store.append({ entries: ten });
      await store.purge({ term: 1, index: 6 });
      expect(store.chainTip).toEqual(chainOf(ten));
      store = await reopen(store);
      await store.append({ truncateFrom: 7, entries: [] });
      expect(store.chainTip).toEqual(chainOf(ten.slice(0, 6)));
      store = await reopen(store);
      const other = commandEntries(3, 7, 9);
      await store.append({ entries: other });
      expect(store.chainTip).toEqual(chainOf([...ten.slice(0, 6), ...other]));
      expect(await (await reopen(store)).verify()).toEqual({ kind: "intact", entryCount: 3 });
    }));

  test("purging everything keeps the tip; a reset starts again at genesis", () =>
    withStore(async (store, reopen) => {
      await store.append({ entries: ten });
      await store.purge({ term: 1, index: 10 });
      store = await reopen(store);
      expect(store.chainTip).toEqual(chainOf(ten));
      const more = commandEntries(2, 11, 12);
      await store.append({ entries: more });
      expect(store.chainTip).toEqual(chainOf([...ten, ...more]));
      await store.reset({ term: 5, index: 40 });
      expect(store.chainTip).toEqual(CHAIN_GENESIS);
      store = await reopen(store);
      const fresh = commandEntries(5, 41, 42);
      await store.append({ entries: fresh });
      expect((await reopen(store)).chainTip).toEqual(chainOf(fresh));
    }));

  test("verification goes on while the log is appended to, truncated and purged", () =>
    withStore(async (store) => {
      await store.append({ entries: commandEntries(1, 1, 3_000) });
      const whole = store.verify();
      await store.append({ truncateFrom: 2_900, entries: commandEntries(2, 2_900, 3_100) });
      await store.purge({ term: 1, index: 1_500 });
      await store.append({ truncateFrom: 2_000, entries: commandEntries(3, 2_000, 2_500) });
      expect((await whole).kind).toBe("intact");
      const beforeReset = store.verify();
      await store.reset({ term: 9, index: 9_000 });
      await store.append({ entries: commandEntries(9, 9_001, 9_010) });
      expect((await beforeReset).kind).toBe("intact");
      expect(await store.verify()).toEqual({ kind: "intact", entryCount: 10 });
    }));
});

test("memory and LMDB are twins: the same calls give the same state, reads and hashes", async () => {
  const twins = fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), (seed) =>
    withDirectory(async (directory) => {
      const random = new SeededRandom(seed);
      const model = new ModelLog();
      const lmdb = storeOf(await openLmdbLogStore({ directory, storeId: STORE_ID }));
      const memory = storeOf(await createMemoryLogStore({ storeId: STORE_ID }));
      for (let count = 0; count < 60; count += 1) {
        const operation = nextOperation(random, model);
        model.apply(operation);
        const outcomes = Promise.all([perform(lmdb, operation), perform(memory, operation)]);
        if (random.below(3) === 0) expect(await outcomes).toEqual([{ kind: "done" }, { kind: "done" }]);
        expect(lmdb.state).toEqual(memory.state);
        expect(lmdb.chainTip).toEqual(memory.chainTip);
        expect(lmdb.termRuns()).toEqual(memory.termRuns());
        const bytesMax = random.below(3_000);
        expect(readWholeLog(lmdb, bytesMax)).toEqual(readWholeLog(memory, bytesMax));
      }
      expect(await lmdb.verify()).toEqual(await memory.verify());
      await lmdb.close();
    }),
  );
  await fc.assert(twins, { numRuns: 12 });
});
