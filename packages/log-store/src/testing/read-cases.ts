import { deepEqual } from "node:assert/strict";
import type { LogStore } from "@aspenjs/api";
import type { AcceptanceCase } from "@aspenjs/api/testing";
import { assertDone, assertIndexes, assertRefused } from "./log-assertions.ts";
import type { LogStoreSubject } from "./log-store-subject.ts";
import { commandEntries, commandEntry } from "./sample-entries.ts";

/** The same demand on what is still in memory and on what has to come from the disk. */
async function freshAndRestarted(
  subject: LogStoreSubject,
  write: (store: LogStore) => Promise<void>,
  demand: (store: LogStore) => void | Promise<void>,
): Promise<void> {
  const store = await subject.open();
  await write(store);
  await demand(store);
  await demand(await subject.reopen());
}

async function writeTen(store: LogStore): Promise<void> {
  await assertDone(store.append({ entries: commandEntries(1, 1, 10) }));
}

export const readCases: readonly AcceptanceCase<LogStoreSubject>[] = [
  {
    name: "ranges are half open, and may be empty",
    run: (subject) =>
      freshAndRestarted(subject, writeTen, (store) => {
        assertIndexes(store.read(1, 11, 10_000), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        assertIndexes(store.read(5, 7, 10_000), [5, 6]);
        assertIndexes(store.read(10, 11, 10_000), [10]);
        assertIndexes(store.read(4, 4, 10_000), []);
        assertIndexes(store.read(11, 11, 10_000), []);
      }),
  },
  {
    name: "a read gives what fits its bytes, and at least one entry",
    run: (subject) =>
      freshAndRestarted(subject, writeTen, (store) => {
        assertIndexes(store.read(3, 11, 0), [3]);
        assertIndexes(store.read(3, 11, 1), [3]);
        const some = store.read(3, 11, 40);
        deepEqual(some.kind === "entries" && some.entries.length > 0 && some.entries.length < 8, true);
      }),
  },
  {
    name: "reading beyond the last entry is a bug of the caller",
    run: (subject) =>
      freshAndRestarted(subject, writeTen, async (store) => {
        await assertRefused(store, () => store.read(1, 12, 100));
        await assertRefused(store, () => store.read(12, 12, 100));
        await assertRefused(store, () => store.read(5, 4, 100));
      }),
  },
  {
    name: "a range that starts at or below the purge point is answered with the purge point",
    run: (subject) =>
      freshAndRestarted(
        subject,
        async (store) => {
          await writeTen(store);
          await assertDone(store.purge({ term: 1, index: 6 }));
        },
        (store) => {
          const purged = { kind: "purged", purged: { term: 1, index: 6 } };
          deepEqual(store.read(1, 11, 100), purged);
          deepEqual(store.read(6, 6, 100), purged);
          deepEqual(store.read(0, 0, 100), purged);
          assertIndexes(store.read(7, 11, 10_000), [7, 8, 9, 10]);
        },
      ),
  },
  {
    name: "term runs cover the log through appends, truncations and purges",
    run: (subject) =>
      freshAndRestarted(
        subject,
        async (store) => {
          const entries = [1, 1, 2, 2, 2, 5, 5].map((term, position) => commandEntry(term, position + 1));
          await assertDone(store.append({ entries }));
          deepEqual(store.termRuns(), [
            { term: 1, firstIndex: 1 },
            { term: 2, firstIndex: 3 },
            { term: 5, firstIndex: 6 },
          ]);
          await assertDone(store.append({ truncateFrom: 6, entries: [] }));
          deepEqual(store.termRuns().at(-1), { term: 2, firstIndex: 3 });
          await assertDone(store.append({ truncateFrom: 5, entries: [commandEntry(7, 5), commandEntry(8, 6)] }));
          await assertDone(store.purge({ term: 2, index: 3 }));
        },
        (store) =>
          deepEqual(store.termRuns(), [
            { term: 2, firstIndex: 4 },
            { term: 7, firstIndex: 5 },
            { term: 8, firstIndex: 6 },
          ]),
      ),
  },
];
