import { expect, test } from "vitest";
import type { KeyValueStore } from "../key-value-store.ts";
import { createMemoryKeyValueStore } from "../memory/memory-key-value-store.ts";
import type { ScanRequest } from "../read.ts";
import { set } from "../../test/store-view.ts";
import { collected } from "../../test/collected.ts";
import { storeWithScan } from "../../test/store-with-scan.ts";
import { createNamespace } from "./key-namespace.ts";
import { listNamespaces, type ListNamespacesRequest } from "./namespace-list.ts";

async function storeOf(...keys: readonly string[]): Promise<KeyValueStore> {
  const store = createMemoryKeyValueStore();
  for (let from = 0; from < keys.length; from += 1_000) {
    await store.write({ kind: "setMulti", pairs: keys.slice(from, from + 1_000).map((key) => set(key, "v")) });
  }
  return store;
}

async function names(store: KeyValueStore, request?: ListNamespacesRequest): Promise<string[]> {
  const found = await collected(listNamespaces(store, request));
  return found.map(({ name, keyCount }) => (keyCount === undefined ? name : `${name} ${keyCount}`));
}

test("every namespace right below a place is listed once, in order, and nothing that is none", async () => {
  const store = await storeOf(
    ...["a", "a/1", "a/2", "a/b/1", "a!/1", "a0/1", "ab/1", "b", "b/c/d", "plain", "plain0", "\u{1F332}/x", "\uFFFF/x"],
    ...["/lone", "//1", "c/", "d/\u0000", "e/\u0000x", "e/y", "f\u0000g/1"],
  );
  expect(await names(store)).toEqual(["a!", "a", "a0", "ab", "b", "e", "\uFFFF", "\u{1F332}"]);
  expect(await names(store, { within: "a" })).toEqual(["b"]);
  expect(await names(store, { within: "b" })).toEqual(["c"]);
  expect(await names(createNamespace(store, "b"))).toEqual(["c"]);
  expect(await names(createNamespace(store, "b"), { within: "c" })).toEqual([]);
  expect(await names(store, { within: "nothing" })).toEqual([]);
  await expect(names(store, { within: "a/" })).rejects.toMatchObject({ code: "invalid_request" });
});

test("the keys of each are counted when that is asked for", async () => {
  const store = await storeOf("vault/a/1", "vault/a/2", "vault/a/x/3", "vault/a/", "vault/ab/1", "vault/0");
  expect(await names(store, { within: "vault", counts: true })).toEqual(["a 3", "ab 1"]);
  expect(await names(store, { counts: true })).toEqual(["vault 6"]);
});

test("a namespace costs one read of one key, however many it has; keys in none come by the page", async () => {
  const many = Array.from({ length: 3_000 }, (_, item) => `big/${String(item).padStart(4, "0")}`);
  const plain = Array.from({ length: 3_000 }, (_, item) => `plain ${String(item).padStart(4, "0")}`);
  const store = await storeOf(...many, "bit/1", ...plain, "zoo/1");
  const scans: ScanRequest[] = [];
  const noting = storeWithScan(store, (request) => {
    scans.push(request);
    return store.scan(request);
  });
  expect(await names(noting, { consistency: "stale", fallback: "local" })).toEqual(["big", "bit", "zoo"]);
  expect(scans.slice(0, 2).map(({ limit }) => limit)).toEqual([1, 1]);
  expect(scans.length).toBeLessThanOrEqual(12);
  expect(scans.at(-1)?.limit).toBe(1);
  for (const scan of scans) expect(scan).toMatchObject({ keysOnly: true, consistency: "stale", fallback: "local" });
});

test("whoever stops early reads no more, and a signal ends it", async () => {
  const store = await storeOf("a/1", "b/1", "c/1");
  let scans = 0;
  const counting = storeWithScan(store, (request, options) => {
    scans += 1;
    return store.scan(request, options);
  });
  for await (const { name } of listNamespaces(counting)) {
    expect(name).toBe("a");
    break;
  }
  expect(scans).toBe(1);
  const controller = new AbortController();
  const list = listNamespaces(counting, {}, { signal: controller.signal });
  await list.next();
  controller.abort();
  await expect(list.next()).rejects.toMatchObject({ code: "timeout", retryable: false });
});
