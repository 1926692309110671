import { deepEqual, equal } from "node:assert/strict";
import { limits } from "../limits.ts";
import type { TransactionOperation } from "../transaction.ts";
import type { WriteCommand } from "../write-command.ts";
import type { AcceptanceCase } from "./acceptance-case.ts";
import {
  bytes,
  countedLength,
  freshPrefix,
  keysOf,
  presentKeys,
  setAll,
  type KeyValueStoreSubject,
} from "./key-value-store-subject.ts";
import { refusal } from "./refusal.ts";

const PAIRS_PER_BATCH = limits.batchItemsMax;

/** Demands that the command is refused for the size of what it does or answers, and has changed nothing. */
async function assertTooLarge({ store }: KeyValueStoreSubject, command: WriteCommand): Promise<void> {
  const { revision } = await store.get({ key: "acceptance/revision" });
  const error = await refusal(store.write(command), "batch_too_large");
  deepEqual([error.details, error.retryable], [{ outcome: "not_applied" }, false]);
  equal((await store.get({ key: "acceptance/revision" })).revision, revision);
}

function transaction(...success: TransactionOperation[]): WriteCommand {
  return { kind: "transaction", compares: [], success, failure: [] };
}

export const resultBoundCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  {
    name: "a write answers with up to 4 MiB of keys and values; beyond them it changes nothing",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "result-bytes");
      // Four entries that fill a result to the last byte, and one of a key and a byte.
      const keys = ["a", "b", "c", "d", "e"].map((end) => prefix + end);
      const full = keys.slice(0, 4);
      const value = new Uint8Array(limits.resultBytesMax / 4 - countedLength(subject, prefix) - 1).fill(1);
      for (const key of full) await store.write({ kind: "set", key, value });
      await store.write({ kind: "set", key: `${prefix}e`, value: new Uint8Array(1) });
      const all = { kind: "prefix", prefix } as const;
      const fitting = { kind: "range", start: prefix, end: `${prefix}e` } as const;
      const other = `${prefix}z`;

      await assertTooLarge(subject, { kind: "deleteMulti", keys, returnPrevious: true });
      await assertTooLarge(subject, { kind: "deleteRange", range: all, returnPrevious: true });
      const gets = keys.map((key) => ({ kind: "get", key }) as const);
      const set = { kind: "set", key: other, value: bytes("new") } as const;
      await assertTooLarge(subject, transaction(set, ...gets));
      await assertTooLarge(subject, transaction(set, { kind: "scan", range: fitting }, ...gets.slice(4)));
      const removal = { kind: "delete", key: `${prefix}e`, returnPrevious: true } as const;
      const range = { kind: "deleteRange", range: fitting, returnPrevious: true } as const;
      await assertTooLarge(subject, transaction(range, removal, set));
      deepEqual(await presentKeys(subject, [other, `${prefix}e`]), [`${prefix}e`]);

      const { results } = await store.write({
        kind: "transaction",
        compares: [],
        success: [{ kind: "scan", range: all }],
        failure: [],
      });
      const [page] = results;
      if (page?.kind !== "scan") throw new Error("a scan answers as one");
      deepEqual([keysOf(page.entries), page.isTruncated], [full, true]);
      const result = await store.write({ ...range, returnPrevious: true });
      deepEqual([result.deletedCount, keysOf(result.previous ?? [])], [4, full]);
      equal((await store.write({ kind: "deleteRange", range: all })).deletedCount, 1);
    },
  },
  {
    name: "a write deletes by a range and answers with up to 10,000 entries; beyond them it changes nothing",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "result-entries");
      const keys = Array.from({ length: limits.resultEntriesMax + 1 }, (_, item) => {
        return prefix + String(item).padStart(5, "0");
      });
      for (let from = 0; from < keys.length; from += PAIRS_PER_BATCH) {
        await setAll(subject, keys.slice(from, from + PAIRS_PER_BATCH));
      }
      const range = { kind: "prefix", prefix } as const;
      const [first = "", last = ""] = [keys[0], keys.at(-1)];
      const scan = { kind: "scan", range, limit: limits.scanLimitMax, keysOnly: true } as const;
      await assertTooLarge(subject, { kind: "deleteRange", range });
      await assertTooLarge(subject, transaction({ kind: "deleteRange", range }));
      await assertTooLarge(subject, { kind: "deleteRange", range, returnPrevious: true });
      await assertTooLarge(subject, transaction(scan, { kind: "get", key: last }));
      await assertTooLarge(subject, transaction(scan, { kind: "delete", key: first, returnPrevious: true }));
      equal((await store.scan({ range, limit: 0 })).count, keys.length);
      await store.write(transaction(scan, { kind: "get", key: `${prefix}missing` }, { kind: "delete", key: first }));
      const result = await store.write({ kind: "deleteRange", range, returnPrevious: true });
      deepEqual([result.deletedCount, keysOf(result.previous ?? [])], [keys.length - 1, keys.slice(1)]);
      equal((await store.scan({ range, limit: 0 })).count, 0);
    },
  },
];
