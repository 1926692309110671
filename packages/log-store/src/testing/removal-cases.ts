import { deepEqual } from "node:assert/strict";
import type { LogState, LogStore } from "@aspenjs/api";
import type { AcceptanceCase } from "@aspenjs/api/testing";
import {
  assertDone,
  assertIndexes,
  assertIntact,
  assertRefused,
  assertSameEntries,
  entriesOf,
} from "./log-assertions.ts";
import type { LogStoreSubject } from "./log-store-subject.ts";
import { commandEntries, commandEntry } from "./sample-entries.ts";

async function openWithTen(subject: LogStoreSubject): Promise<LogStore> {
  const store = await subject.open();
  const entries = commandEntries(1, 1, 10);
  await assertDone(store.append({ entries, hardState: { term: 1, vote: 2 } }));
  return store;
}

function assertEnds(state: LogState, purged: number, last: number, term = 1): void {
  deepEqual(state.purged, { term: purged === 0 ? 0 : term, index: purged });
  deepEqual(state.last, { term: last === 0 ? 0 : term, index: last });
}

export const removalCases: readonly AcceptanceCase<LogStoreSubject>[] = [
  {
    name: "truncating behind the last entry changes nothing",
    async run(subject) {
      const store = await openWithTen(subject);
      await assertDone(store.append({ truncateFrom: 11, entries: [] }));
      await assertDone(store.append({ truncateFrom: 99, entries: [commandEntry(1, 11)] }));
      assertEnds(store.state, 0, 11);
      await assertIntact(await subject.reopen(), 11);
    },
  },
  {
    name: "a truncation in the middle, and one of everything",
    async run(subject) {
      const store = await openWithTen(subject);
      await assertDone(store.append({ truncateFrom: 5, entries: [] }));
      assertEnds(store.state, 0, 4);
      const middle = await subject.reopen();
      assertEnds(middle.state, 0, 4);
      await assertIntact(middle, 4);
      await assertDone(middle.append({ truncateFrom: 1, entries: [] }));
      const empty = await subject.reopen();
      assertEnds(empty.state, 0, 0);
      deepEqual(empty.state.hardState, { term: 1, vote: 2 });
      await assertDone(empty.append({ entries: commandEntries(4, 1, 2) }));
      await assertIntact(await subject.reopen(), 2);
    },
  },
  {
    name: "a truncation and the entries behind it come together",
    async run(subject) {
      const store = await openWithTen(subject);
      const replaced = commandEntries(3, 4, 5);
      await assertDone(store.append({ truncateFrom: 4, entries: replaced, hardState: { term: 3, vote: undefined } }));
      const again = await subject.reopen();
      deepEqual(again.state.last, { term: 3, index: 5 });
      deepEqual(again.state.hardState, { term: 3, vote: undefined });
      assertSameEntries(entriesOf(again.read(1, 6, 10_000)), [...commandEntries(1, 1, 3), ...replaced]);
      await assertIntact(again, 5);
    },
  },
  {
    name: "nothing at or below the purge point or the committed index is truncated",
    async run(subject) {
      const store = await openWithTen(subject);
      await assertDone(store.append({ entries: [], committed: 6 }));
      await assertRefused(store, () => store.append({ truncateFrom: 6, entries: [] }));
      await assertRefused(store, () => store.append({ truncateFrom: 0, entries: [] }));
      await assertDone(store.purge({ term: 1, index: 8 }));
      await assertRefused(store, () => store.append({ truncateFrom: 8, entries: [] }));
      await assertDone(store.append({ truncateFrom: 9, entries: [] }));
      assertEnds(store.state, 8, 8);
    },
  },
  {
    name: "purging nothing, some, and everything",
    async run(subject) {
      const store = await openWithTen(subject);
      await assertDone(store.purge({ term: 0, index: 0 }));
      assertEnds(store.state, 0, 10);
      await assertDone(store.purge({ term: 1, index: 5 }));
      assertEnds(store.state, 5, 10);
      await assertDone(store.purge({ term: 1, index: 3 }));
      assertEnds(store.state, 5, 10);
      const some = await subject.reopen();
      assertEnds(some.state, 5, 10);
      await assertIntact(some, 5);
      await assertDone(some.purge({ term: 1, index: 10 }));
      const empty = await subject.reopen();
      assertEnds(empty.state, 10, 10);
      deepEqual(empty.state.hardState, { term: 1, vote: 2 });
      deepEqual(empty.termRuns(), []);
      await assertIntact(empty, 0);
    },
  },
  {
    name: "a purge must name an entry that the log holds",
    async run(subject) {
      const store = await openWithTen(subject);
      await assertRefused(store, () => store.purge({ term: 1, index: 11 }));
      await assertRefused(store, () => store.purge({ term: 2, index: 5 }));
      assertIndexes(store.read(1, 11, 10_000), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    },
  },
  {
    name: "the log goes on behind a purge point, across restarts",
    async run(subject) {
      let store = await openWithTen(subject);
      await assertDone(store.purge({ term: 1, index: 10 }));
      store = await subject.reopen();
      await assertRefused(store, () => store.append({ entries: [commandEntry(1, 12)] }));
      await assertRefused(store, () => store.append({ entries: [commandEntry(0, 11)] }));
      await assertDone(store.append({ entries: commandEntries(2, 11, 13) }));
      store = await subject.reopen();
      await assertIntact(store, 3);
      await assertDone(store.append({ truncateFrom: 11, entries: commandEntries(3, 11, 12) }));
      store = await subject.reopen();
      await assertIntact(store, 2);
      assertSameEntries(entriesOf(store.read(11, 13, 10_000)), commandEntries(3, 11, 12));
    },
  },
  {
    name: "a purge of entries that are not durable yet keeps the order",
    async run(subject) {
      const store = await subject.open();
      const write = store.append({ entries: commandEntries(1, 1, 10) });
      const purge = store.purge({ term: 1, index: 7 });
      const more = store.append({ truncateFrom: 9, entries: commandEntries(2, 9, 9) });
      assertIndexes(store.read(8, 10, 10_000), [8, 9]);
      for (const outcome of [write, purge, more]) await assertDone(outcome);
      await assertIntact(await subject.reopen(), 2);
    },
  },
  {
    name: "a reset leaves an empty log behind its point, and the vote",
    async run(subject) {
      let store = await openWithTen(subject);
      await assertDone(store.reset({ term: 4, index: 50 }));
      assertEnds(store.state, 50, 50, 4);
      store = await subject.reopen();
      assertEnds(store.state, 50, 50, 4);
      deepEqual(store.state.hardState, { term: 1, vote: 2 });
      deepEqual(store.state.committed, 50);
      await assertDone(store.append({ entries: commandEntries(4, 51, 55) }));
      await assertIntact(await subject.reopen(), 5);
    },
  },
  {
    name: "entries of an old tail never come back behind a reset",
    async run(subject) {
      let store = await openWithTen(subject);
      await assertDone(store.reset({ term: 2, index: 4 }));
      assertEnds(store.state, 4, 4, 2);
      store = await subject.reopen();
      assertEnds(store.state, 4, 4, 2);
      await assertDone(store.append({ entries: commandEntries(3, 5, 6) }));
      store = await subject.reopen();
      assertSameEntries(entriesOf(store.read(5, 7, 10_000)), commandEntries(3, 5, 6));
      await assertIntact(store, 2);
    },
  },
  {
    name: "a reset never drops committed entries",
    async run(subject) {
      const store = await openWithTen(subject);
      await assertDone(store.append({ entries: [], committed: 6 }));
      await assertRefused(store, () => store.reset({ term: 1, index: 5 }));
      await assertDone(store.reset({ term: 1, index: 6 }));
    },
  },
];
