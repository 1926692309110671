import { deepEqual, equal, ok } from "node:assert/strict";
import { limits } from "../limits.ts";
import type { AcceptanceCase } from "./acceptance-case.ts";
import {
  bytes,
  countedLength,
  described,
  freshPrefix,
  setAll,
  type KeyValueStoreSubject,
} from "./key-value-store-subject.ts";
import { refusal } from "./refusal.ts";

const ROUNDS = 20;

export const multiReadCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  {
    name: "getMulti returns one entry for each key, in the order of the request, and none for a key that is not there",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "get-multi");
      const [a = "", b = "", high = "", missing = ""] = ["a", "b", "\u{1F332}", "missing"].map((end) => prefix + end);
      await setAll(subject, [a, b, high]);
      const { revision } = await store.write({ kind: "set", key: b, value: bytes("") });
      const result = await store.getMulti({ keys: [high, missing, a, b, high] });
      const single = await Promise.all(
        [high, missing, a, b, high].map(async (key) => (await store.get({ key })).entry),
      );
      deepEqual(described(result.entries), described(single));
      deepEqual(result.entries, single);
      deepEqual([result.entries[1], result.entries[3]?.version], [undefined, 2]);
      deepEqual([result.revision, result.consistency], [revision, "linearizable"]);
      deepEqual((await store.getMulti({ keys: [missing] })).entries, [undefined]);
    },
  },
  {
    name: "getMulti sees every write acknowledged before it",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "get-multi-fresh");
      const keys = [`${prefix}a`, `${prefix}b`];
      for (let round = 1; round <= 3; round += 1) {
        await setAll(subject, keys);
        const { entries } = await store.getMulti({ keys });
        deepEqual(
          entries.map((entry) => entry?.version),
          [round, round],
        );
      }
    },
  },
  {
    name: "all entries of a getMulti are of one moment",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "get-multi-moment");
      const keys = ["a", "b", "c"].map((end) => prefix + end);
      const writes = (async () => {
        for (let round = 0; round < ROUNDS; round += 1) await setAll(subject, keys);
      })();
      for (let round = 0; round < ROUNDS; round += 1) {
        const { entries, revision } = await store.getMulti({ keys });
        equal(new Set(entries.map((entry) => entry?.modRevision)).size, 1, "keys that always change together");
        ok((entries[0]?.modRevision ?? 0) <= revision);
      }
      await writes;
    },
  },
  {
    name: "getMulti takes 1 to 1,000 keys, and the same one more than once",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "get-multi-size");
      const keys = Array.from({ length: limits.batchItemsMax + 1 }, (_, item) => `${prefix}${item}`);
      await refusal(store.getMulti({ keys: [] }), "invalid_request");
      const error = await refusal(store.getMulti({ keys }), "batch_too_large");
      deepEqual(error.details, { size: limits.batchItemsMax + 1, max: limits.batchItemsMax });
      await setAll(subject, keys.slice(1));
      const { entries } = await store.getMulti({ keys: keys.slice(1).reverse() });
      deepEqual(
        entries.map((entry) => entry?.key),
        keys.slice(1).reverse(),
      );
      await store.write({ kind: "deleteMulti", keys: keys.slice(1) });
    },
  },
  {
    name: "getMulti returns up to 4 MiB of keys and values, and refuses more",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "get-multi-bytes");
      const keys = ["a", "b", "c", "d", "e"].map((end) => prefix + end);
      const fitting = keys.slice(0, 4);
      const value = new Uint8Array(limits.scanPageBytesMax / 4 - countedLength(subject, prefix) - 1).fill(1);
      for (const key of fitting) await store.write({ kind: "set", key, value });
      await store.write({ kind: "set", key: `${prefix}e`, value: new Uint8Array() });
      const { entries } = await store.getMulti({ keys: [...fitting, `${prefix}missing`] });
      deepEqual(
        entries.map((entry) => entry?.value.byteLength),
        [...fitting.map(() => value.byteLength), undefined],
      );
      const error = await refusal(store.getMulti({ keys }), "batch_too_large");
      const size = limits.scanPageBytesMax + countedLength(subject, prefix) + 1;
      deepEqual([error.details, error.retryable], [{ size, max: limits.scanPageBytesMax }, false]);
      await store.write({ kind: "deleteMulti", keys });
    },
  },
  {
    name: "getMulti hands out bytes of its own",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "get-multi-alias")}key`;
      await store.write({ kind: "set", key, value: bytes("one") });
      const first = await store.getMulti({ keys: [key] });
      first.entries[0]?.value.fill(0);
      const second = await store.getMulti({ keys: [key] });
      deepEqual(second.entries[0]?.value, bytes("one"));
    },
  },
];
