import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import type { AcceptanceCase } from "./acceptance-case.ts";
import { bytes, freshPrefix, setAll, type KeyValueStoreSubject } from "./key-value-store-subject.ts";

const RIVALS = 8;

export const writeCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  {
    name: "a key that does not exist has no entry",
    async run(subject) {
      const prefix = await freshPrefix(subject, "absent");
      const result = await subject.store.get({ key: `${prefix}key` });
      equal(result.entry, undefined);
      equal(result.consistency, "linearizable");
    },
  },
  {
    name: "a new key is created at the revision that its command took, as version 1",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "create")}key`;
      const before = await store.get({ key });
      const { revision } = await store.write({ kind: "set", key, value: bytes("one") });
      equal(revision, before.revision + 1);
      const after = await store.get({ key });
      deepEqual(after.entry, { key, value: bytes("one"), createRevision: revision, modRevision: revision, version: 1 });
      equal(after.revision, revision);
      ok(after.appliedIndex > before.appliedIndex, "a write moves the applied index");
    },
  },
  {
    name: "a change keeps createRevision, and moves modRevision and version",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "change")}key`;
      const first = await store.write({ kind: "set", key, value: bytes("one") });
      const second = await store.write({ kind: "set", key, value: bytes("one") });
      equal(second.revision, first.revision + 1);
      const { entry } = await store.get({ key });
      equal(entry?.createRevision, first.revision);
      equal(entry?.modRevision, second.revision);
      equal(entry?.version, 2);
    },
  },
  {
    name: "a deleted key is gone, and starts again at version 1",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "again")}key`;
      await store.write({ kind: "set", key, value: bytes("one") });
      await store.write({ kind: "set", key, value: bytes("two") });
      const deleted = await store.write({ kind: "delete", key });
      deepEqual([deleted.kind, deleted.deletedCount, deleted.previous], ["delete", 1, undefined]);
      equal((await store.get({ key })).entry, undefined);
      const { revision } = await store.write({ kind: "set", key, value: bytes("three") });
      const { entry } = await store.get({ key });
      deepEqual([entry?.createRevision, entry?.modRevision, entry?.version], [revision, revision, 1]);
    },
  },
  {
    name: "deleting what is not there succeeds and takes no revision",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "nothing")}key`;
      const { revision } = await store.get({ key });
      const single = await store.write({ kind: "delete", key, returnPrevious: true });
      const multi = await store.write({ kind: "deleteMulti", keys: [key], returnPrevious: true });
      for (const result of [single, multi]) {
        deepEqual(result, { kind: "delete", revision, deletedCount: 0, previous: [] });
      }
    },
  },
  {
    name: "the previous entry comes when it is asked for, and only then",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "previous")}key`;
      const created = await store.write({ kind: "set", key, value: bytes("one"), returnPrevious: true });
      equal(created.previous, undefined);
      const entry = (await store.get({ key })).entry;
      const changed = await store.write({ kind: "set", key, value: bytes("two"), returnPrevious: true });
      deepEqual(changed.previous, entry);
      const quiet = await store.write({ kind: "set", key, value: bytes("three") });
      equal(quiet.previous, undefined);
      const last = (await store.get({ key })).entry;
      const deleted = await store.write({ kind: "delete", key, returnPrevious: true });
      deepEqual(deleted.previous, [last]);
    },
  },
  {
    name: "setMulti writes all pairs at one revision",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "multi");
      const { revision: before } = await store.get({ key: prefix });
      const keys = ["a", "b", "c"].map((name) => prefix + name);
      await setAll(subject, keys);
      for (const key of keys) {
        const { entry } = await store.get({ key });
        deepEqual([entry?.modRevision, entry?.version], [before + 1, 1]);
      }
    },
  },
  {
    name: "deleteMulti deletes what is there at one revision and returns it in key order",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "delete-multi");
      const keys = ["c", "a", "b"].map((name) => prefix + name);
      await setAll(subject, keys);
      const { revision: before } = await store.get({ key: prefix });
      const result = await store.write({
        kind: "deleteMulti",
        keys: [`${prefix}missing`, ...keys],
        returnPrevious: true,
      });
      equal(result.revision, before + 1);
      equal(result.deletedCount, 3);
      const previousKeys = result.previous?.map((entry) => entry.key);
      deepEqual(previousKeys, [`${prefix}a`, `${prefix}b`, `${prefix}c`]);
      deepEqual(result.previous?.[0]?.value, bytes(`value of ${prefix}a`));
    },
  },
  {
    name: "compareAndSwap changes the key when it is as expected",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "swap")}key`;
      const swap = { kind: "compareAndSwap", key } as const;
      const first = await store.write({ ...swap, value: bytes("one"), expected: { kind: "absent" } });
      equal(first.outcome, "ok");
      const second = await store.write({
        ...swap,
        value: bytes("two"),
        expected: { kind: "value", value: bytes("one") },
      });
      deepEqual(second, { kind: "compare", outcome: "ok", revision: first.revision + 1 });
      const expected = { kind: "modRevision", modRevision: second.revision } as const;
      equal((await store.write({ ...swap, value: bytes("three"), expected })).outcome, "ok");
      const { entry } = await store.get({ key });
      deepEqual([entry?.value, entry?.version], [bytes("three"), 3]);
    },
  },
  {
    name: "compareAndSwap changes nothing when the key is otherwise, and says what is there",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "conflict");
      const swap = { kind: "compareAndSwap", key: `${prefix}key`, value: bytes("new") } as const;
      const { revision } = await store.write({ kind: "set", key: swap.key, value: bytes("old") });
      const actual = (await store.get({ key: swap.key })).entry;
      const conflict = { kind: "compare", outcome: "conflict", revision, actual };
      deepEqual(await store.write({ ...swap, expected: { kind: "absent" } }), conflict);
      deepEqual(await store.write({ ...swap, expected: { kind: "value", value: bytes("ol") } }), conflict);
      deepEqual(await store.write({ ...swap, expected: { kind: "modRevision", modRevision: revision + 1 } }), conflict);
      const absent = { ...swap, key: `${prefix}missing`, expected: { kind: "value", value: bytes("") } } as const;
      deepEqual(await store.write(absent), { ...conflict, actual: undefined });
      deepEqual((await store.get({ key: swap.key })).entry, actual);
      equal((await store.get({ key: absent.key })).entry, undefined);
    },
  },
  {
    name: "compareAndDelete deletes what is as expected, and nothing else",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "compare-delete")}key`;
      const { revision } = await store.write({ kind: "set", key, value: bytes("one") });
      const actual = (await store.get({ key })).entry;
      const remove = { kind: "compareAndDelete", key } as const;
      const other = await store.write({ ...remove, expected: { kind: "value", value: bytes("two") } });
      deepEqual(other, { kind: "compare", outcome: "conflict", revision, actual });
      const same = await store.write({ ...remove, expected: { kind: "modRevision", modRevision: revision } });
      deepEqual(same, { kind: "compare", outcome: "ok", revision: revision + 1 });
      equal((await store.get({ key })).entry, undefined);
      const absent = await store.write({ ...remove, expected: { kind: "absent" } });
      deepEqual(absent, { kind: "compare", outcome: "ok", revision: revision + 1 });
    },
  },
  {
    name: "of many that create one key at once, one succeeds and the others see its value",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "race")}key`;
      const rivals = Array.from({ length: RIVALS }, (_, rival) => bytes(`rival ${rival}`));
      const results = await Promise.all(
        rivals.map((value) => store.write({ kind: "compareAndSwap", key, value, expected: { kind: "absent" } })),
      );
      equal(results.filter((result) => result.outcome === "ok").length, 1);
      const { entry } = await store.get({ key });
      const winner = rivals[results.findIndex((result) => result.outcome === "ok")];
      deepEqual([entry?.value, entry?.version], [winner, 1]);
      for (const result of results) if (result.outcome === "conflict") deepEqual(result.actual, entry);
    },
  },
  {
    name: "an empty value is a value",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "empty")}key`;
      await store.write({ kind: "set", key, value: new Uint8Array() });
      const { entry } = await store.get({ key });
      notEqual(entry, undefined);
      equal(entry?.value.byteLength, 0);
    },
  },
  {
    name: "the caller's bytes stay the caller's, and the store's the store's",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "alias")}key`;
      const written = bytes("one");
      await store.write({ kind: "set", key, value: written });
      written.fill(0);
      const read = await store.get({ key });
      deepEqual(read.entry?.value, bytes("one"));
      read.entry?.value.fill(0);
      deepEqual((await store.get({ key })).entry?.value, bytes("one"));
      const page = await store.scan({ range: { kind: "prefix", prefix: key } });
      page.entries[0]?.value.fill(0);
      deepEqual((await store.get({ key })).entry?.value, bytes("one"));
    },
  },
  {
    name: "a stale read is answered, and says how stale it may be",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "stale")}key`;
      const { revision } = await store.write({ kind: "set", key, value: bytes("one") });
      const result = await store.get({ key, consistency: "stale" });
      ok(["stale", "linearizable"].includes(result.consistency), result.consistency);
      const isCurrent = result.revision >= revision;
      equal(result.entry !== undefined, isCurrent, "the label's revision says whether the write is seen");
    },
  },
];
