import { deepEqual, equal } from "node:assert/strict";
import { limits } from "../limits.ts";
import type { WriteCommand } from "../write-command.ts";
import type { AcceptanceCase } from "./acceptance-case.ts";
import { bytes, countedLength, freshPrefix, type KeyValueStoreSubject } from "./key-value-store-subject.ts";
import { refusal } from "./refusal.ts";

const NEVER_KEYS = ["", "\u0000", "\u0000system", "lone \uD800", "\uDC00 first", "\uDBFF"];

export const gateCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  {
    name: "what can never be a user's key is an invalid_request, in writes and in reads",
    async run({ store }) {
      const value = bytes("value");
      const transaction = { kind: "transaction", compares: [], success: [], failure: [] } as const;
      for (const key of NEVER_KEYS) {
        const commands: WriteCommand[] = [
          { kind: "set", key, value },
          { kind: "setMulti", pairs: [{ key, value }] },
          { kind: "delete", key },
          { kind: "deleteMulti", keys: [key] },
          { kind: "compareAndSwap", key, value, expected: { kind: "absent" } },
          { kind: "compareAndDelete", key, expected: { kind: "absent" } },
          { ...transaction, compares: [{ key, target: "version", operator: "=", number: 0 }] },
          { ...transaction, compares: [{ key, target: "value", operator: "=", value }] },
          { ...transaction, success: [{ kind: "get", key }] },
          { ...transaction, success: [{ kind: "set", key, value }] },
          { ...transaction, failure: [{ kind: "delete", key }] },
        ];
        for (const command of commands) await refusal(store.write(command), "invalid_request");
        await refusal(store.get({ key }), "invalid_request");
        await refusal(store.getMulti({ keys: ["acceptance/key", key] }), "invalid_request");
      }
    },
  },
  {
    name: "a key has up to 1,024 bytes of UTF-8, and no more",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "key-size");
      // Two bytes each, so that a store that counts characters lets twice as many pass.
      const room = limits.keyBytesMax - countedLength(subject, prefix);
      const longest = prefix + "é".repeat(room >> 1);
      const key = longest.padEnd(longest.length + (room & 1), "x");
      await store.write({ kind: "set", key, value: bytes("one") });
      deepEqual((await store.get({ key })).entry?.value, bytes("one"));
      const error = await refusal(store.write({ kind: "set", key: `${key}x`, value: bytes("two") }), "key_too_large");
      deepEqual(error.details, { size: limits.keyBytesMax + 1, max: limits.keyBytesMax });
      equal(error.retryable, false);
      await refusal(store.get({ key: `${key}x` }), "key_too_large");
      await refusal(store.getMulti({ keys: [key, `${key}x`] }), "key_too_large");
      const success = [{ kind: "get", key: `${key}x` } as const];
      await refusal(store.write({ kind: "transaction", compares: [], success, failure: [] }), "key_too_large");
    },
  },
  {
    name: "a value has up to 1 MiB, and no more",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "value-size")}key`;
      const largest = new Uint8Array(limits.valueBytesMax).fill(7);
      await store.write({ kind: "set", key, value: largest });
      equal((await store.get({ key })).entry?.value.byteLength, limits.valueBytesMax);
      const value = new Uint8Array(limits.valueBytesMax + 1);
      const error = await refusal(store.write({ kind: "set", key, value }), "value_too_large");
      deepEqual(error.details, { size: limits.valueBytesMax + 1, max: limits.valueBytesMax });
      equal((await store.get({ key })).entry?.version, 1);
      await store.write({ kind: "delete", key });
    },
  },
  {
    name: "a multi command holds 1 to 1,000 different keys",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "multi-size");
      const keys = Array.from({ length: limits.batchItemsMax + 1 }, (_, item) => `${prefix}${item}`);
      const pairs = keys.map((key) => ({ key, value: bytes("value") }));
      await refusal(store.write({ kind: "setMulti", pairs: [] }), "invalid_request");
      await refusal(store.write({ kind: "deleteMulti", keys: [] }), "invalid_request");
      const tooMany = await refusal(store.write({ kind: "setMulti", pairs }), "batch_too_large");
      deepEqual(tooMany.details, { size: limits.batchItemsMax + 1, max: limits.batchItemsMax });
      await refusal(store.write({ kind: "deleteMulti", keys }), "batch_too_large");
      const twice = [...pairs.slice(0, 1), ...pairs.slice(0, 1)];
      await refusal(store.write({ kind: "setMulti", pairs: twice }), "invalid_request");
      const { count } = await store.scan({ range: { kind: "prefix", prefix }, limit: 0 });
      equal(count, 0);
      await store.write({ kind: "setMulti", pairs: pairs.slice(1) });
      const { deletedCount } = await store.write({ kind: "deleteMulti", keys: keys.slice(1) });
      equal(deletedCount, limits.batchItemsMax);
    },
  },
  {
    name: "a multi command with one bad pair writes none of them and takes no revision",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "all-or-nothing");
      const good = { key: `${prefix}good`, value: bytes("value") };
      const bad = { key: `${prefix}bad`, value: new Uint8Array(limits.valueBytesMax + 1) };
      const { revision } = await store.get(good);
      await refusal(store.write({ kind: "setMulti", pairs: [good, bad] }), "value_too_large");
      const after = await store.get({ key: good.key });
      deepEqual([after.entry, after.revision], [undefined, revision]);
    },
  },
  {
    name: "a scan limit is an integer from 0 to 10,000; another one is refused, not clamped",
    async run({ store }) {
      const range = { kind: "prefix", prefix: "acceptance/" } as const;
      for (const limit of [-1, 1.5, Number.NaN, limits.scanLimitMax + 1, Number.POSITIVE_INFINITY]) {
        await refusal(store.scan({ range, limit }), "invalid_request");
      }
      await store.scan({ range, limit: limits.scanLimitMax });
    },
  },
  {
    name: "a continuation that the store never made is an invalid_request",
    async run({ store }) {
      const range = { kind: "prefix", prefix: "acceptance/" } as const;
      for (const continuation of ["", "acceptance/", "not a continuation", "0", "ffffffff", "\uD800"]) {
        await refusal(store.scan({ range, continuation }), "invalid_request");
      }
    },
  },
];
