import { describe, expect, expectTypeOf, test } from "vitest";
import { AspenError } from "../aspen-error.ts";
import { AssertionFailure } from "../assert.ts";
import type { KeyValueStore } from "../key-value-store.ts";
import { createMemoryKeyValueStore } from "../memory/memory-key-value-store.ts";
import { collected } from "../../test/collected.ts";
import { bytes as toBytes, everything, set } from "../../test/store-view.ts";
import { treeSchema, type Tree } from "../../test/tree-schema.ts";
import { json } from "./json-codec.ts";
import { createNamespace } from "./key-namespace.ts";
import { text } from "./text-codec.ts";
import { withCodec, type TypedEntry, type TypedStore } from "./typed-store.ts";

const ASPEN: Tree = { name: "aspen", heightM: 25 };
const BIRCH: Tree = { name: "birch", heightM: 20 };

function forest(store: KeyValueStore = createMemoryKeyValueStore()): TypedStore<Tree> {
  return withCodec(store, json(treeSchema));
}

test("what is put is what is read, in every way of reading", async () => {
  const trees = forest();
  expect(await trees.put({ key: "a", value: ASPEN })).toEqual({ kind: "set", revision: 1 });
  expect(await trees.putMulti([{ key: "b", value: BIRCH }])).toEqual({ kind: "setMulti", revision: 2 });
  const [a, b] = [
    { key: "a", value: ASPEN, createRevision: 1, modRevision: 1, version: 1 },
    { key: "b", value: BIRCH, createRevision: 2, modRevision: 2, version: 1 },
  ];
  const label = { consistency: "linearizable", appliedIndex: 2, revision: 2 };
  expect(await trees.get({ key: "a" })).toEqual({ ...label, entry: a });
  expect(await trees.get({ key: "c" })).toEqual({ ...label, entry: undefined });
  expect(await trees.getMulti({ keys: ["b", "c", "a"] })).toEqual({ ...label, entries: [b, undefined, a] });
  const page = await trees.scan({ range: everything, limit: 1 });
  expect(page).toEqual({ ...label, entries: [a], count: 1, isTruncated: true, continuation: page.continuation });
  expect(await collected(trees.scanAll({ range: everything, pageEntries: 1, reverse: true }))).toEqual([b, a]);
});

test("what was there before comes back by its type", async () => {
  const trees = forest();
  expect(await trees.put({ key: "a", value: ASPEN, returnPrevious: true })).toEqual({ kind: "set", revision: 1 });
  const changed = await trees.put({ key: "a", value: BIRCH, returnPrevious: true });
  expect(changed.previous).toMatchObject({ value: ASPEN });
  const deleted = await trees.delete({ key: "a", returnPrevious: true });
  expect(deleted).toMatchObject({ deletedCount: 1, previous: [{ key: "a", value: BIRCH }] });
  expect(await trees.delete({ key: "a" })).toEqual({ kind: "delete", revision: 3, deletedCount: 0 });
});

test("bindings to leases go through", async () => {
  const trees = forest();
  const { leaseId } = await trees.store.write({ kind: "leaseGrant", ttlMs: 1_000 });
  await trees.put({ key: "a", value: ASPEN, leaseId });
  expect((await trees.get({ key: "a" })).entry?.leaseId).toBe(leaseId);
});

test("a value is compared by the bytes that the codec makes of it", async () => {
  const trees = forest();
  const swap = { key: "a", value: ASPEN } as const;
  expect(await trees.compareAndSwap({ ...swap, expected: { kind: "absent" } })).toMatchObject({ outcome: "ok" });
  const sameTree = { heightM: 25, name: "aspen" };
  const expected = { kind: "value", value: sameTree } as const;
  const { outcome, revision } = await trees.compareAndSwap({ key: "a", value: BIRCH, expected });
  expect([outcome, revision]).toEqual(["ok", 2]);
  const conflict = await trees.compareAndSwap({ ...swap, expected: { kind: "modRevision", modRevision: 1 } });
  expect(conflict).toMatchObject({ outcome: "conflict", actual: { value: BIRCH } });
  expect(await trees.compareAndDelete({ key: "a", expected })).toMatchObject({
    outcome: "conflict",
    actual: { value: BIRCH },
  });
  expect(await trees.compareAndDelete({ key: "b", expected })).toMatchObject({
    outcome: "conflict",
    actual: undefined,
  });
  expect(await trees.compareAndDelete({ key: "a", expected: { kind: "value", value: BIRCH } })).toMatchObject({
    outcome: "ok",
  });
});

describe("V1 what cannot be written", () => {
  test("is not sent, and the error names the key", async () => {
    const trees = forest();
    const bad = { name: "aspen" } as unknown as Tree;
    const refusal = { code: "invalid_request", details: { key: "a", issueCount: 1, issues: "heightM: no height" } };
    for (const call of [
      () => trees.put({ key: "a", value: bad }),
      () =>
        trees.putMulti([
          { key: "b", value: BIRCH },
          { key: "a", value: bad },
        ]),
      () => trees.compareAndSwap({ key: "a", value: bad, expected: { kind: "absent" } }),
      () => trees.compareAndSwap({ key: "a", value: ASPEN, expected: { kind: "value", value: bad } }),
      () => trees.compareAndDelete({ key: "a", expected: { kind: "value", value: bad } }),
    ]) {
      await expect(call()).rejects.toMatchObject(refusal);
    }
    expect((await trees.get({ key: "a" })).revision).toBe(0);
  });
});

describe("V2 what cannot be read", () => {
  test("fails every way of reading it, with its key and the schema's issues", async () => {
    const trees = forest();
    await trees.put({ key: "a", value: ASPEN });
    await trees.store.write(set("b", '{"name":"birch"}'));
    const refusal = { code: "unsupported", details: { key: "b", issueCount: 1, issues: "heightM: no height" } };
    for (const call of [
      () => trees.get({ key: "b" }),
      () => trees.getMulti({ keys: ["a", "b"] }),
      () => trees.scan({ range: everything }),
      () => collected(trees.scanAll({ range: everything })),
      () => trees.compareAndSwap({ key: "b", value: BIRCH, expected: { kind: "absent" } }),
    ]) {
      await expect(call()).rejects.toMatchObject({ ...refusal, retryable: false, cause: { code: "unsupported" } });
    }
    expect((await trees.get({ key: "a" })).entry?.value).toEqual(ASPEN);
  });

  test("V3 says whether the write that met it was applied", async () => {
    const trees = forest();
    await trees.store.write(set("a", "no JSON"));
    const swap = trees.compareAndSwap({ key: "a", value: BIRCH, expected: { kind: "absent" } });
    await expect(swap).rejects.toMatchObject({ code: "unsupported", details: { key: "a", outcome: "not_applied" } });
    const put = trees.put({ key: "a", value: BIRCH, returnPrevious: true });
    await expect(put).rejects.toMatchObject({ code: "unsupported", details: { outcome: "applied", revision: 2 } });
    expect((await trees.get({ key: "a" })).entry?.value).toEqual(BIRCH);
    await trees.store.write(set("a", "no JSON"));
    const deletion = trees.delete({ key: "a", returnPrevious: true });
    await expect(deletion).rejects.toMatchObject({ details: { outcome: "applied", revision: 4 } });
  });

  test("is told apart from a bug of the codec: what else it throws is a cause, a failed assertion goes through", async () => {
    const store = createMemoryKeyValueStore();
    const cause = new RangeError("too short");
    const failing = (error: Error) => {
      const fail = (): never => {
        throw error;
      };
      return withCodec(store, { encode: fail, decode: fail });
    };
    await store.write(set("a"));
    const read = failing(cause).get({ key: "a" });
    await expect(read).rejects.toMatchObject({ code: "unsupported", details: { key: "a" }, cause });
    const write = failing(cause).put({ key: "a", value: undefined as never });
    await expect(write).rejects.toMatchObject({ code: "invalid_request", details: { key: "a" }, cause });
    const bug = new AssertionFailure("a bug");
    await expect(failing(bug).get({ key: "a" })).rejects.toBe(bug);
  });

  test("is not asked for: keys alone have no values of the type", async () => {
    const trees = forest();
    const request = { range: everything, keysOnly: true };
    await expect(trees.scan(request)).rejects.toMatchObject({ code: "invalid_request" });
    await expect(collected(trees.scanAll(request))).rejects.toMatchObject({ code: "invalid_request" });
  });
});

test("a refusal of the store goes through as it is, and so do options", async () => {
  const trees = forest();
  await expect(trees.get({ key: "" })).rejects.toMatchObject({ code: "invalid_request", details: {} });
  const options = { signal: AbortSignal.abort() };
  for (const call of [
    () => trees.get({ key: "a" }, options),
    () => trees.getMulti({ keys: ["a"] }, options),
    () => trees.scan({ range: everything }, options),
    () => collected(trees.scanAll({ range: everything }, options)),
    () => trees.put({ key: "a", value: ASPEN }, options),
    () => trees.putMulti([{ key: "a", value: ASPEN }], options),
    () => trees.delete({ key: "a" }, options),
    () => trees.compareAndSwap({ key: "a", value: ASPEN, expected: { kind: "absent" } }, options),
    () => trees.compareAndDelete({ key: "a", expected: { kind: "absent" } }, options),
    () => trees.watch({ filter: everything }, options),
  ]) {
    await expect(call()).rejects.toMatchObject({ code: "timeout" });
  }
});

test("it is a view of any store: of a namespace, too", async () => {
  const store = createMemoryKeyValueStore();
  await forest(createNamespace(store, "forest")).put({ key: "a", value: ASPEN });
  expect((await store.get({ key: "forest/a" })).entry?.value).toEqual(toBytes('{"heightM":25,"name":"aspen"}'));
});

test("types follow the codec", async () => {
  const trees = forest();
  const { entry } = await trees.get({ key: "a" });
  expectTypeOf(entry).toEqualTypeOf<TypedEntry<Tree> | undefined>();
  expectTypeOf<TypedEntry<Tree>["value"]>().toEqualTypeOf<Tree>();
  expectTypeOf<TypedEntry<Tree>["modRevision"]>().toEqualTypeOf<number>();
  expectTypeOf((await trees.scan({ range: everything })).entries).toEqualTypeOf<readonly TypedEntry<Tree>[]>();
  expectTypeOf((await trees.getMulti({ keys: ["a"] })).entries[0]).toEqualTypeOf<TypedEntry<Tree> | undefined>();
  expectTypeOf(trees.put).parameter(0).toHaveProperty("value").toEqualTypeOf<Tree>();
  const swap = await trees.compareAndSwap({ key: "b", value: BIRCH, expected: { kind: "absent" } });
  if (swap.outcome === "conflict") expectTypeOf(swap.actual).toEqualTypeOf<TypedEntry<Tree> | undefined>();
  expectTypeOf(withCodec(trees.store, text())).toEqualTypeOf<TypedStore<string>>();
  // @ts-expect-error: text is no tree
  await expect(trees.put({ key: "a", value: "aspen" })).rejects.toBeInstanceOf(AspenError);
  // @ts-expect-error: without values there is nothing of the type
  const keysAlone = trees.scan({ range: everything, keysOnly: true });
  await expect(keysAlone).rejects.toBeInstanceOf(AspenError);
});

describe("a watch", () => {
  test("tells values of the type, and what was there before", async () => {
    const trees = forest();
    await using watch = await trees.watch({ filter: everything, withPrevious: true });
    await trees.put({ key: "a", value: ASPEN });
    await trees.put({ key: "a", value: BIRCH });
    await trees.delete({ key: "a" });
    const batches = watch[Symbol.asyncIterator]();
    const told = [await batches.next(), await batches.next(), await batches.next()].map(({ value }) => value);
    expect(watch.fromRevision).toBe(1);
    const born = { key: "a", createRevision: 1 };
    expect(told).toEqual([
      { revision: 1, changes: [{ kind: "put", entry: { ...born, value: ASPEN, modRevision: 1, version: 1 } }] },
      {
        revision: 2,
        changes: [
          {
            kind: "put",
            entry: { ...born, value: BIRCH, modRevision: 2, version: 2 },
            previous: { ...born, value: ASPEN, modRevision: 1, version: 1 },
          },
        ],
      },
      {
        revision: 3,
        changes: [{ kind: "delete", key: "a", previous: { ...born, value: BIRCH, modRevision: 2, version: 2 } }],
      },
    ]);
    await watch.close();
    expect(await batches.next()).toEqual({ done: true, value: undefined });
  });

  test("V4 ends at a revision with a value that cannot be read, and says at which", async () => {
    const trees = forest();
    for (const withPrevious of [false, true]) {
      const key = `key ${withPrevious}`;
      await trees.store.write(set(key, "no tree"));
      const watch = await trees.watch({ filter: { kind: "key", key }, withPrevious });
      if (withPrevious) await trees.put({ key, value: ASPEN });
      else await trees.store.write(set(key, "no tree either"));
      const { revision } = await trees.put({ key, value: BIRCH });
      const batches = watch[Symbol.asyncIterator]();
      const details = { key, revision: revision - 1 };
      await expect(batches.next()).rejects.toMatchObject({ code: "unsupported", details });
      expect(await batches.next()).toEqual({ done: true, value: undefined });
      await using after = await trees.watch({ filter: { kind: "key", key }, fromRevision: revision });
      for await (const batch of after) {
        expect(batch).toMatchObject({ revision, changes: [{ entry: { value: BIRCH } }] });
        break;
      }
    }
  });
});
