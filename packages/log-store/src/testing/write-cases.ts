import { deepEqual, equal } from "node:assert/strict";
import { HARD_STATE_ZERO, LOG_ID_ZERO } from "@aspenjs/api";
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
import { blankEntry, commandEntries, commandEntry, membershipEntry } from "./sample-entries.ts";

export const writeCases: readonly AcceptanceCase<LogStoreSubject>[] = [
  {
    name: "a new store is empty: no term, no vote, no entry",
    async run(subject) {
      const store = await subject.open();
      deepEqual(store.state, { hardState: HARD_STATE_ZERO, purged: LOG_ID_ZERO, last: LOG_ID_ZERO, committed: 0 });
      deepEqual(store.termRuns(), []);
      assertIndexes(store.read(1, 1, 1_000), []);
      await assertIntact(store, 0);
    },
  },
  {
    name: "term and vote read back as they were saved, after a restart too",
    async run(subject) {
      const store = await subject.open();
      await assertDone(store.append({ entries: [], hardState: { term: 3, vote: Number.MAX_SAFE_INTEGER } }));
      deepEqual(store.state.hardState, { term: 3, vote: Number.MAX_SAFE_INTEGER });
      const again = await subject.reopen();
      deepEqual(again.state.hardState, { term: 3, vote: Number.MAX_SAFE_INTEGER });
      await assertDone(again.append({ entries: [], hardState: { term: 4, vote: undefined } }));
      deepEqual((await subject.reopen()).state.hardState, { term: 4, vote: undefined });
    },
  },
  {
    name: "a vote never changes within its term, and a term never goes back",
    async run(subject) {
      const store = await subject.open();
      await assertDone(store.append({ entries: [], hardState: { term: 3, vote: 1 } }));
      await assertRefused(store, () => store.append({ entries: [], hardState: { term: 3, vote: 2 } }));
      await assertRefused(store, () => store.append({ entries: [], hardState: { term: 3, vote: undefined } }));
      await assertRefused(store, () => store.append({ entries: [], hardState: { term: 2, vote: 1 } }));
      await assertDone(store.append({ entries: [], hardState: { term: 4, vote: 2 } }));
    },
  },
  {
    name: "every kind of payload survives a restart bit by bit",
    async run(subject) {
      const store = await subject.open();
      const entries = [blankEntry(1, 1), membershipEntry(1, 2), commandEntry(2, 3, 0), commandEntry(2, 4, 1_000_000)];
      await assertDone(store.append({ entries }));
      assertSameEntries(entriesOf(store.read(1, 5, 10_000_000)), entries);
      const again = await subject.reopen();
      assertSameEntries(entriesOf(again.read(1, 5, 10_000_000)), entries);
      await assertIntact(again, 4);
    },
  },
  {
    name: "reads see a batch as soon as its call has returned",
    async run(subject) {
      const store = await subject.open();
      const first = store.append({ entries: commandEntries(1, 1, 3) });
      assertIndexes(store.read(1, 4, 1_000), [1, 2, 3]);
      const second = store.append({ truncateFrom: 3, entries: commandEntries(2, 3, 4) });
      assertSameEntries(entriesOf(store.read(2, 5, 1_000)), [commandEntry(1, 2), ...commandEntries(2, 3, 4)]);
      deepEqual(store.state.last, { term: 2, index: 4 });
      await assertDone(first);
      await assertDone(second);
      assertSameEntries(entriesOf(store.read(2, 5, 1_000)), [commandEntry(1, 2), ...commandEntries(2, 3, 4)]);
    },
  },
  {
    name: "promises resolve in the order of the calls",
    async run(subject) {
      const store = await subject.open();
      const order: number[] = [];
      const calls = Array.from({ length: 20 }, (_, number) =>
        store.append({ entries: [commandEntry(1, number + 1)] }).then(() => order.push(number)),
      );
      await Promise.all(calls);
      deepEqual(
        order,
        [...order].sort((left, right) => left - right),
      );
      equal(order.length, 20);
    },
  },
  {
    name: "a batch that changes nothing waits for the batches before it",
    async run(subject) {
      const store = await subject.open();
      const order: string[] = [];
      const write = store.append({ entries: commandEntries(1, 1, 5) }).then(() => order.push("write"));
      const nothing = store.append({ entries: [] }).then(() => order.push("nothing"));
      await Promise.all([write, nothing]);
      deepEqual(order, ["write", "nothing"]);
    },
  },
  {
    name: "entries must be contiguous, and terms must not go back",
    async run(subject) {
      const store = await subject.open();
      await assertDone(store.append({ entries: commandEntries(2, 1, 3) }));
      await assertRefused(store, () => store.append({ entries: [commandEntry(2, 5)] }));
      await assertRefused(store, () => store.append({ entries: [commandEntry(2, 3)] }));
      await assertRefused(store, () => store.append({ entries: [commandEntry(2, 4), commandEntry(2, 6)] }));
      await assertRefused(store, () => store.append({ entries: [commandEntry(1, 4)] }));
      await assertRefused(store, () => store.append({ truncateFrom: 2, entries: [commandEntry(3, 3)] }));
      assertSameEntries(entriesOf(store.read(1, 4, 1_000)), commandEntries(2, 1, 3));
      await assertDone(store.append({ entries: [commandEntry(2, 4)] }));
      await assertIntact(await subject.reopen(), 4);
    },
  },
  {
    name: "the committed index never decreases, and never exceeds the log",
    async run(subject) {
      const store = await subject.open();
      await assertDone(store.append({ entries: commandEntries(1, 1, 5), committed: 3 }));
      await assertRefused(store, () => store.append({ entries: [], committed: 2 }));
      await assertRefused(store, () => store.append({ entries: [], committed: 6 }));
      await assertDone(store.append({ entries: [commandEntry(1, 6)], committed: 6 }));
      equal((await subject.reopen()).state.committed, 6);
    },
  },
  {
    name: "a closed store refuses with `closed`, and closing twice is harmless",
    async run(subject) {
      const store = await subject.open();
      const write = store.append({ entries: commandEntries(1, 1, 3) });
      await store.close();
      await assertDone(write);
      await store.close();
      const outcomes = [
        await store.append({ entries: [] }),
        await store.purge({ term: 1, index: 1 }),
        await store.reset({ term: 1, index: 9 }),
        await store.verify(),
        store.read(1, 2, 100),
      ];
      for (const outcome of outcomes) equal(outcome.kind === "fault" && outcome.fault.code, "closed");
    },
  },
];
