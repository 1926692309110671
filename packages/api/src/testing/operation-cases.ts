import { deepEqual, equal } from "node:assert/strict";
import type { KeyValueEntry } from "../key-value-entry.ts";
import { limits } from "../limits.ts";
import type { OperationResult, TransactionOperation } from "../transaction.ts";
import type { AcceptanceCase } from "./acceptance-case.ts";
import { bytes, freshPrefix, keysOf, setAll, type KeyValueStoreSubject } from "./key-value-store-subject.ts";
import { refusal } from "./refusal.ts";

async function run(
  { store }: KeyValueStoreSubject,
  ...success: TransactionOperation[]
): Promise<readonly OperationResult[]> {
  return (await store.write({ kind: "transaction", compares: [], success, failure: [] })).results;
}

/** What an operation answered with, whatever kind it was; a `get` of nothing is one missing entry. */
function answered(result: OperationResult | undefined): (KeyValueEntry | undefined)[] {
  if (result === undefined) return [];
  if (result.kind === "get") return [result.entry];
  if (result.kind === "set") return [result.previous];
  return [...(result.kind === "scan" ? result.entries : (result.previous ?? []))];
}

export const operationCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  {
    name: "each operation of a transaction sees what the ones before it did, and not what comes after",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "in-order");
      const [a, b, c, d] = ["a", "b", "c/1", "d"].map((end) => prefix + end) as [string, string, string, string];
      const range = { kind: "prefix", prefix } as const;
      await setAll(subject, [b, c]);
      const { revision: before, ...page } = await store.scan({ range });
      const [oldB, oldC] = page.entries;
      const results = await run(
        subject,
        { kind: "get", key: a },
        { kind: "set", key: a, value: bytes("one") },
        { kind: "get", key: a },
        { kind: "set", key: b, value: bytes("two"), returnPrevious: true },
        { kind: "scan", range },
        { kind: "deleteRange", range: { kind: "prefix", prefix: `${prefix}c/` }, returnPrevious: true },
        { kind: "get", key: c },
        { kind: "scan", range, limit: 0 },
        { kind: "delete", key: d },
        { kind: "get", key: d },
      );
      const revision = before + 1;
      const newA = { key: a, value: bytes("one"), createRevision: revision, modRevision: revision, version: 1 };
      const newB = { key: b, value: bytes("two"), createRevision: before, modRevision: revision, version: 2 };
      deepEqual(results, [
        { kind: "get", entry: undefined },
        { kind: "set" },
        { kind: "get", entry: newA },
        { kind: "set", previous: oldB },
        { kind: "scan", entries: [newA, newB, oldC], count: 3, isTruncated: false },
        { kind: "delete", deletedCount: 1, previous: [oldC] },
        { kind: "get", entry: undefined },
        { kind: "scan", entries: [], count: 2, isTruncated: false },
        { kind: "delete", deletedCount: 0 },
        { kind: "get", entry: undefined },
      ]);
      deepEqual((await store.scan({ range })).entries, [newA, newB]);
    },
  },
  {
    name: "an operation answers with previous entries when it is asked to, and only then",
    async run(subject) {
      const prefix = await freshPrefix(subject, "operation-previous");
      const keys = ["a", "b", "c", "range/2", "range/1"].map((end) => prefix + end);
      const [a = "", b = "", c = ""] = keys;
      const range = { kind: "prefix", prefix: `${prefix}range/` } as const;
      const value = bytes("new");
      const operations = (returnPrevious: boolean): TransactionOperation[] => [
        { kind: "set", key: a, value, returnPrevious },
        { kind: "delete", key: b, returnPrevious },
        { kind: "deleteRange", range, returnPrevious },
        { kind: "set", key: `${prefix}new/${returnPrevious}`, value, returnPrevious },
      ];
      await setAll(subject, keys);
      const { entries } = await subject.store.getMulti({ keys });
      const asked = await run(subject, ...operations(true), { kind: "get", key: c });
      deepEqual(asked.map(answered), [[entries[0]], [entries[1]], [entries[4], entries[3]], [undefined], [entries[2]]]);
      await setAll(subject, keys);
      deepEqual(await run(subject, ...operations(false)), [
        { kind: "set" },
        { kind: "delete", deletedCount: 1 },
        { kind: "delete", deletedCount: 2 },
        { kind: "set" },
      ]);
    },
  },
  {
    name: "a scan in a transaction keeps its limit, direction and keysOnly, and says whether more follows",
    async run(subject) {
      const prefix = await freshPrefix(subject, "operation-scan");
      const keys = ["a", "b", "\uFFFF", "\u{1F332}"].map((end) => prefix + end);
      await setAll(subject, keys);
      const range = { kind: "prefix", prefix } as const;
      const { entries } = await subject.store.scan({ range });
      const bare = entries.map((entry) => ({ ...entry, value: new Uint8Array() }));
      const between = { kind: "range", start: keys[1] ?? "", end: keys[3] ?? "" } as const;
      const results = await run(
        subject,
        { kind: "scan", range, limit: 3 },
        { kind: "scan", range, limit: 4, reverse: true },
        { kind: "scan", range, limit: 1, reverse: true, keysOnly: true },
        { kind: "scan", range, keysOnly: true },
        { kind: "scan", range: between },
        { kind: "scan", range: between, limit: 0, keysOnly: true },
        { kind: "scan", range: { kind: "range", start: keys[3] ?? "", end: keys[1] ?? "" } },
      );
      deepEqual(results, [
        { kind: "scan", entries: entries.slice(0, 3), count: 3, isTruncated: true },
        { kind: "scan", entries: entries.toReversed(), count: 4, isTruncated: false },
        { kind: "scan", entries: bare.slice(3), count: 1, isTruncated: true },
        { kind: "scan", entries: bare, count: 4, isTruncated: false },
        { kind: "scan", entries: entries.slice(1, 3), count: 2, isTruncated: false },
        { kind: "scan", entries: [], count: 2, isTruncated: false },
        { kind: "scan", entries: [], count: 0, isTruncated: false },
      ]);
    },
  },
  {
    name: "a scan in a transaction returns at most 1,000 entries when it has no limit, and counts all",
    async run(subject) {
      const prefix = await freshPrefix(subject, "operation-default-limit");
      const keys = Array.from({ length: limits.scanLimitDefault + 1 }, (_, item) => {
        return prefix + String(item).padStart(5, "0");
      });
      await setAll(subject, keys.slice(1));
      await setAll(subject, keys.slice(0, 1));
      const range = { kind: "prefix", prefix } as const;
      const [page, count] = await run(subject, { kind: "scan", range }, { kind: "scan", range, limit: 0 });
      if (page?.kind !== "scan" || count?.kind !== "scan") throw new Error("a scan answers as one");
      deepEqual([page.count, page.isTruncated], [limits.scanLimitDefault, true]);
      deepEqual(keysOf(page.entries), keys.slice(0, -1));
      deepEqual(count, { kind: "scan", entries: [], count: keys.length, isTruncated: false });
      await subject.store.write({ kind: "deleteRange", range });
    },
  },
  {
    name: "a transaction keeps and hands out bytes of its own",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "transaction-alias")}key`;
      const written = bytes("one");
      await run(subject, { kind: "set", key, value: written });
      written.fill(0);
      const range = { kind: "prefix", prefix: key } as const;
      for (const operation of [
        { kind: "get", key },
        { kind: "scan", range },
        { kind: "set", key, value: bytes("one"), returnPrevious: true },
      ] as const) {
        const [result] = await run(subject, operation);
        const [entry] = answered(result);
        deepEqual(entry?.value, bytes("one"));
        entry?.value.fill(0);
        deepEqual((await store.get({ key })).entry?.value, bytes("one"));
      }
    },
  },
  {
    name: "a transaction changes a key once in a branch, by name or by range, and may in either branch",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "changed-once");
      const [key, value] = [`${prefix}key`, bytes("value")];
      const set = { kind: "set", key, value } as const;
      const remove = { kind: "delete", key } as const;
      const byPrefix = { kind: "deleteRange", range: { kind: "prefix", prefix } } as const;
      const range = { kind: "range", start: key, end: `${key}\u0000` } as const;
      const byRange = { kind: "deleteRange", range } as const;
      const twice: readonly TransactionOperation[][] = [
        [set, set],
        [set, { kind: "get", key }, remove],
        [remove, remove],
        [set, byPrefix],
        [byRange, remove],
      ];
      const { revision } = await store.get({ key });
      for (const branch of twice) {
        const head = { kind: "transaction", compares: [] } as const;
        await refusal(store.write({ ...head, success: branch, failure: [] }), "invalid_request");
        await refusal(store.write({ ...head, success: [], failure: branch }), "invalid_request");
      }
      equal((await store.get({ key })).revision, revision);
      await store.write({ kind: "transaction", compares: [], success: [set], failure: [remove] });
      const beside = { kind: "deleteRange", range: { kind: "range", start: `${key}\u0000`, end: `${key}z` } } as const;
      const results = await run(subject, beside, set, { kind: "delete", key: `${prefix}other` });
      deepEqual(results.slice(0, 2), [{ kind: "delete", deletedCount: 0 }, { kind: "set" }]);
      deepEqual(await run(subject, byPrefix, byRange), [
        { kind: "delete", deletedCount: 1 },
        { kind: "delete", deletedCount: 0 },
      ]);
    },
  },
];
