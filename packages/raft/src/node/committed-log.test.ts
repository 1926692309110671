import { assert, type LogEntry, type LogIndex, type LogStore } from "@aspenjs/api";
import { createMemoryLogStore, MemoryDisk } from "@aspenjs/log-store/memory";
import { expect, test } from "vitest";
import { readCommittedEntries } from "./committed-log.ts";

function entry(index: LogIndex): LogEntry {
  return { term: 1, index, payload: { kind: "command", command: new Uint8Array(10).fill(index) } };
}

async function storeWith(count: number): Promise<LogStore> {
  const opened = await createMemoryLogStore({ storeId: "store", disk: new MemoryDisk() });
  assert(opened.kind === "opened", "a memory log store opens");
  await opened.store.append({ entries: Array.from({ length: count }, (_, position) => entry(position + 1)) });
  return opened.store;
}

function indexes(
  store: LogStore,
  fromIndex: LogIndex,
  ends: { committed: LogIndex; applied: LogIndex },
  bytesMax = 1e6,
) {
  const outcome = readCommittedEntries(store, { fromIndex, ...ends }, bytesMax);
  return outcome.kind === "entries" ? outcome.entries.map(({ index }) => index) : outcome;
}

test("only what is committed and applied is read, whichever is less", async () => {
  const store = await storeWith(10);
  expect(indexes(store, 2, { committed: 5, applied: 4 })).toEqual([2, 3, 4]);
  expect(indexes(store, 5, { committed: 5, applied: 4 })).toEqual([]);
  expect(indexes(store, 99, { committed: 10, applied: 10 })).toEqual([]);
  // A snapshot is installed, and the log still holds what an old leader left behind the commit point.
  expect(indexes(store, 2, { committed: 3, applied: 200 })).toEqual([2, 3]);
});

test("at least one entry is read, however large, and as many as fit", async () => {
  const store = await storeWith(10);
  expect(indexes(store, 2, { committed: 9, applied: 9 }, 1)).toEqual([2]);
  const some = indexes(store, 1, { committed: 9, applied: 9 }, 100);
  expect(Array.isArray(some) && some.length > 1 && some.length < 9).toBe(true);
});

test("what the log no longer holds is said to be compacted, with the first entry that it holds", async () => {
  const store = await storeWith(10);
  await store.purge({ term: 1, index: 4 });
  expect(indexes(store, 4, { committed: 10, applied: 10 })).toEqual({ kind: "compacted", firstIndex: 5 });
  expect(indexes(store, 5, { committed: 6, applied: 10 })).toEqual([5, 6]);
  await store.reset({ term: 2, index: 30 });
  expect(indexes(store, 5, { committed: 30, applied: 30 })).toEqual({ kind: "compacted", firstIndex: 31 });
  expect(indexes(store, 31, { committed: 30, applied: 30 })).toEqual([]);
});
