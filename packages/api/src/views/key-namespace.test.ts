import { describe, expect, test } from "vitest";
import type { KeyValueStore } from "../key-value-store.ts";
import { limits } from "../limits.ts";
import { createMemoryKeyValueStore } from "../memory/memory-key-value-store.ts";
import type { KeyRange } from "../read.ts";
import { keyValueStoreCases } from "../testing/key-value-store-cases.ts";
import type { TransactionOperation } from "../transaction.ts";
import { bytes, everything, set } from "../../test/store-view.ts";
import { memorySubject } from "../../test/memory-subject.ts";
import { createNamespace } from "./key-namespace.ts";

/** Around the namespace `vault/a`, and under its prefix what is no key of it. */
const NEIGHBOURS = ["vault", "vault/", "vault/a", "vault/a.", "vault/a0", "vault/ab/1", "vault/b/1", "a/1", "zebra"];
const STRAYS = ["vault/a/", "vault/a/\u0000", "vault/a/\u0000/1"];
const OTHERS = [...NEIGHBOURS, ...STRAYS];

async function crowdedStore(store: KeyValueStore = createMemoryKeyValueStore()): Promise<KeyValueStore> {
  await store.write({ kind: "setMulti", pairs: OTHERS.map((key) => set(key)) });
  return store;
}

async function keysOf(store: KeyValueStore, range: KeyRange = everything, reverse = false): Promise<string[]> {
  const { entries, count } = await store.scan({ range, reverse });
  expect((await store.scan({ range, limit: 0 })).count).toBe(count);
  return entries.map((entry) => entry.key);
}

describe.each(["vault/a", "näher/\u{1F332}"])(
  "the acceptance suite on the namespace %s of a store with others",
  (name) => {
    const subject = memorySubject();
    const raw = subject.store;
    const store = createNamespace(raw, name);
    const crowded = crowdedStore(raw);
    const keyPrefixBytes = Buffer.byteLength(store.prefix);

    test.each(keyValueStoreCases)("$name", async ({ run }) => {
      await crowded;
      await run({ ...subject, store, keyPrefixBytes });
    });

    test("and afterwards the others are as they were", async () => {
      const { entries } = await raw.getMulti({ keys: NEIGHBOURS });
      expect(entries.map((entry) => entry?.version)).toEqual(NEIGHBOURS.map(() => 1));
      expect(await keysOf(store)).not.toContain("");
    });
  },
);

describe("K1 K2 what is not in the namespace", () => {
  test("is not seen, whatever the range", async () => {
    const raw = await crowdedStore();
    const store = createNamespace(raw, "vault/a");
    expect(await keysOf(store)).toEqual([]);
    await store.write({ kind: "setMulti", pairs: [set("1"), set("2/x"), set("\u0001"), set("\u{10FFFF}")] });
    const all = ["\u0001", "1", "2/x", "\u{10FFFF}"];
    expect(await keysOf(raw, { kind: "prefix", prefix: "vault/a/" })).toEqual(
      [...STRAYS, ...all.map((key) => `vault/a/${key}`)].sort(),
    );
    expect(await keysOf(store)).toEqual(all);
    expect(await keysOf(store, everything, true)).toEqual([...all].reverse());
    expect(await keysOf(store, { kind: "range", start: "", end: "\u{10FFFF}".repeat(300) })).toEqual(all);
    expect(await keysOf(store, { kind: "range", start: "\u0000", end: "2" })).toEqual(["\u0001", "1"]);
    for (const range of [
      { kind: "prefix", prefix: "\u0000" },
      { kind: "range", start: "", end: "" },
      { kind: "range", start: "", end: "\u0001" },
      { kind: "range", start: "\u0000", end: "\u0000/2" },
      { kind: "range", start: "2", end: "1" },
      { kind: "prefix", prefix: "../" },
    ] as const) {
      expect(await keysOf(store, range)).toEqual([]);
      expect(await store.write({ kind: "deleteRange", range })).toMatchObject({ deletedCount: 0 });
    }
  });

  test("is not deleted with everything inside, by a range or by one in a transaction", async () => {
    const raw = await crowdedStore();
    const store = createNamespace(raw, "vault/a");
    for (const inTransaction of [false, true]) {
      await store.write({ kind: "setMulti", pairs: [set("1"), set("2")] });
      const deletion = { kind: "deleteRange", range: everything, returnPrevious: true } as const;
      const result = inTransaction
        ? (await store.write({ kind: "transaction", compares: [], success: [deletion], failure: [] })).results[0]
        : await store.write(deletion);
      expect(result).toMatchObject({ deletedCount: 2, previous: [{ key: "1" }, { key: "2" }] });
      expect(await keysOf(raw)).toEqual([...OTHERS].sort());
    }
  });

  test("does not hold up transactions that look the same from inside", async () => {
    const raw = await crowdedStore();
    const store = createNamespace(raw, "vault/a");
    const success: TransactionOperation[] = [
      { ...set("k", "1"), returnPrevious: true },
      { kind: "get", key: "k" },
      { kind: "scan", range: everything },
      { kind: "delete", key: "old", returnPrevious: true },
    ];
    await store.write(set("old"));
    const compares = [{ key: "k", target: "version", operator: "=", number: 0 }] as const;
    const { succeeded, results } = await store.write({ kind: "transaction", compares, success, failure: [] });
    expect(succeeded).toBe(true);
    expect(results).toMatchObject([
      { kind: "set" },
      { kind: "get", entry: { key: "k", value: bytes("1") } },
      { kind: "scan", entries: [{ key: "k" }, { key: "old" }] },
      { kind: "delete", previous: [{ key: "old" }] },
    ]);
    const missing = [{ key: "k", target: "version", operator: "=", number: 7 }] as const;
    const failure = [{ kind: "get", key: "k" }] as const;
    expect(await store.write({ kind: "transaction", compares: missing, success: [], failure })).toMatchObject({
      succeeded: false,
      results: [{ entry: { key: "k" } }],
    });
    expect((await raw.get({ key: "vault/a/k" })).entry?.value).toEqual(bytes("1"));
  });

  test("cannot be named: continuations of other places are refused", async () => {
    const raw = await crowdedStore();
    await raw.write(set("vault/b/2"));
    const { continuation = "" } = await createNamespace(raw, "vault/b").scan({ range: everything, limit: 1 });
    const elsewhere = createNamespace(raw, "vault/a").scan({ range: everything, continuation });
    await expect(elsewhere).rejects.toMatchObject({ code: "invalid_request" });
    const { entries } = await createNamespace(raw, "vault/b").scan({ range: everything, continuation });
    expect(entries.map((entry) => entry.key)).toEqual(["2"]);
  });
});

describe("a watch in a namespace", () => {
  test("K1 K2 hears of what is inside and of nothing around it, whatever the filter", async () => {
    const raw = await crowdedStore();
    const store = createNamespace(raw, "vault/a");
    const filters = [
      everything,
      { kind: "range", start: "", end: "\u{10FFFF}".repeat(300) },
      { kind: "prefix", prefix: "1" },
      { kind: "key", key: "1" },
    ] as const;
    for (const filter of filters) {
      const watch = await store.watch({ filter, withPrevious: true });
      await raw.write({ kind: "setMulti", pairs: OTHERS.map((key) => set(key, "again")) });
      await raw.write({ kind: "setMulti", pairs: [...OTHERS.map((key) => set(key)), set("vault/a/1", "inside")] });
      const { revision } = await raw.write({ kind: "delete", key: "vault/a/1" });
      const batches = watch[Symbol.asyncIterator]();
      const [put, deletion] = [(await batches.next()).value, (await batches.next()).value];
      const entry = {
        key: "1",
        value: bytes("inside"),
        createRevision: revision - 1,
        modRevision: revision - 1,
        version: 1,
      };
      expect(put).toEqual({ revision: revision - 1, changes: [{ kind: "put", entry }] });
      expect(deletion).toEqual({ revision, changes: [{ kind: "delete", key: "1", previous: entry }] });
      await watch.close();
    }
  });

  test("is refused as elsewhere", async () => {
    const store = createNamespace(createMemoryKeyValueStore(), "vault/a");
    const refusals = [
      [{ kind: "key", key: "" }, { code: "invalid_request" }],
      [
        { kind: "key", key: "k".repeat(limits.keyBytesMax - 7) },
        { code: "key_too_large", details: { size: 1_025 } },
      ],
      [{ kind: "everything" } as never, { code: "invalid_request" }],
    ] as const;
    for (const [filter, refusal] of refusals) await expect(store.watch({ filter })).rejects.toMatchObject(refusal);
  });
});

describe("leases", () => {
  test("are the store's: their keys elsewhere are counted, deleted with them, and not named", async () => {
    const raw = createMemoryKeyValueStore();
    const [a, b] = [createNamespace(raw, "a"), createNamespace(raw, "b")];
    const { leaseId } = await a.write({ kind: "leaseGrant", ttlMs: 60_000 });
    await a.write({ ...set("1"), leaseId });
    await a.write({ ...set("2"), leaseId });
    await b.write({ ...set("1"), leaseId });
    await raw.write({ ...set("0"), leaseId });
    await raw.write({ ...set("a/"), leaseId });
    expect(await a.getLease({ leaseId, keysLimit: 10 })).toMatchObject({ keyCount: 5, keys: ["1", "2"] });
    expect(await a.getLease({ leaseId, keysLimit: 1 })).toMatchObject({ keyCount: 5, keys: ["1"] });
    expect(await a.getLease({ leaseId })).toMatchObject({ keyCount: 5, keys: [] });
    expect(await b.getLease({ leaseId, keysLimit: 1 })).toMatchObject({ keyCount: 5, keys: ["1"] });
    expect((await b.listLeases()).leases).toMatchObject([{ leaseId }]);
    expect(await b.write({ kind: "leaseRevoke", leaseId })).toMatchObject({ deletedCount: 5 });
    expect(await keysOf(raw)).toEqual([]);
  });
});

describe("K3 limits", () => {
  test("a key is as long as whole keys may be, and the refusal says whose part is whose", async () => {
    const store = createNamespace(createMemoryKeyValueStore(), "vault/a");
    const longest = "k".repeat(limits.keyBytesMax - "vault/a/".length);
    await store.write(set(longest, "v"));
    expect((await store.get({ key: longest })).entry?.key).toBe(longest);
    const key = `${longest}é`;
    const refusal = {
      code: "key_too_large",
      message: "key of 1026 bytes, 8 of them its namespace's, exceeds 1024",
      details: { size: 1_026, max: 1_024 },
    };
    const transaction = { kind: "transaction", compares: [], success: [], failure: [] } as const;
    for (const call of [
      () => store.get({ key }),
      () => store.getMulti({ keys: ["k", key] }),
      () => store.write(set(key)),
      () => store.write({ kind: "setMulti", pairs: [set("k"), set(key)] }),
      () => store.write({ kind: "deleteMulti", keys: ["k", key] }),
      () => store.write({ ...transaction, compares: [{ key, target: "version", operator: "=", number: 0 }] }),
      () => store.write({ ...transaction, failure: [{ kind: "get", key }] }),
    ]) {
      await expect(call()).rejects.toMatchObject(refusal);
    }
  });

  test.each(["x", "é", "\uFFFF", "\u{10FFFF}"])(
    "bounds of the full length made of %s find what is before them",
    async (unit) => {
      const store = createNamespace(createMemoryKeyValueStore(), "vault/a");
      const longest = unit.repeat(Math.floor((limits.keyBytesMax - 8) / Buffer.byteLength(unit)));
      const bound = unit.repeat(Math.floor(limits.rangeBoundBytesMax / Buffer.byteLength(unit)));
      await store.write(set(longest, "v"));
      expect(await keysOf(store, { kind: "range", start: longest, end: bound })).toEqual([longest]);
      expect(await keysOf(store, { kind: "range", start: bound, end: `${unit}\u{10FFFF}` })).toEqual([]);
      expect(await keysOf(store, { kind: "prefix", prefix: bound })).toEqual([]);
      const range = { kind: "range", start: "", end: `${bound}xxx` } as const;
      await expect(store.scan({ range })).rejects.toMatchObject({ code: "invalid_request" });
    },
  );
});

describe("names", () => {
  const raw = createMemoryKeyValueStore();

  test.each(["", "/", "a/", "/a", "a//b", "a\u0000", "\u0000", "a/\u0000b", "\uD800", "a\uDC00b", "n".repeat(1_023)])(
    "%j is none",
    (name) => {
      const refusal = expect.objectContaining({ code: "invalid_request" }) as Error;
      expect(() => createNamespace(raw, name)).toThrow(refusal);
      expect(() => createNamespace(raw, "a").namespace(name)).toThrow(refusal);
    },
  );

  test("nest as paths, in one step or in several", async () => {
    const store = createMemoryKeyValueStore();
    const inner = createNamespace(store, "vault").namespace("a").namespace("b/c");
    expect([inner.name, inner.prefix]).toEqual(["vault/a/b/c", "vault/a/b/c/"]);
    expect(createNamespace(createNamespace(store, "vault/a"), "b/c").prefix).toBe(inner.prefix);
    await inner.write(set("k"));
    expect(await keysOf(store)).toEqual(["vault/a/b/c/k"]);
    expect(await keysOf(createNamespace(store, "vault/a"))).toEqual(["b/c/k"]);
    expect((await createNamespace(store, "vault/a/b").get({ key: "c/k" })).entry).toMatchObject({ key: "c/k" });
  });

  test("nest as long as there is room for a key of one byte", async () => {
    const outer = createNamespace(createMemoryKeyValueStore(), "n".repeat(1_000));
    const inner = outer.namespace("m".repeat(21));
    await inner.write(set("k"));
    expect(await keysOf(inner)).toEqual(["k"]);
    expect(await keysOf(outer)).toEqual([`${"m".repeat(21)}/k`]);
    await expect(inner.write(set("kk"))).rejects.toMatchObject({ code: "key_too_large" });
    expect(() => outer.namespace("m".repeat(22))).toThrow("a namespace of 1024 bytes leaves no room for a key");
  });
});
