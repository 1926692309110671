import { describe, expect, test } from "vitest";
import { AspenError } from "../aspen-error.ts";
import type { KeyValueStore } from "../key-value-store.ts";
import { createMemoryKeyValueStore } from "../memory/memory-key-value-store.ts";
import type { ScanRequest } from "../read.ts";
import { collected } from "../../test/collected.ts";
import { everything, set } from "../../test/store-view.ts";
import { storeWithScan } from "../../test/store-with-scan.ts";
import { createNamespace } from "./key-namespace.ts";
import { scanAll, scanPages } from "./scan-pages.ts";

const KEYS = Array.from({ length: 25 }, (_, item) => `k${String(item).padStart(2, "0")}`);

interface NotingStore {
  readonly store: KeyValueStore;
  readonly scans: ScanRequest[];
}

async function notingStore(): Promise<NotingStore> {
  const inner = createMemoryKeyValueStore();
  await inner.write({ kind: "setMulti", pairs: KEYS.map((key) => set(key)) });
  const scans: ScanRequest[] = [];
  const store = storeWithScan(inner, (request, options) => {
    scans.push(request);
    return inner.scan(request, options);
  });
  return { store, scans };
}

test("all entries come, whatever the pages, in either direction", async () => {
  const { store, scans } = await notingStore();
  for (const pageEntries of [1, 7, 25, 26]) {
    const keys = (await collected(scanAll(store, { range: everything, pageEntries }))).map(({ key }) => key);
    expect(keys).toEqual(KEYS);
    const back = await collected(scanAll(store, { range: everything, pageEntries, reverse: true, keysOnly: true }));
    expect(back.map(({ key, value }) => `${key}${value.byteLength}`)).toEqual(KEYS.map((key) => `${key}0`).reverse());
  }
  scans.length = 0;
  await collected(scanAll(store, { range: everything }));
  expect(scans.map(({ limit }) => limit)).toEqual([1_000]);
  const nested = createNamespace(store, "k");
  expect(await collected(scanAll(nested, { range: everything }))).toEqual([]);
});

test("each page has the label of its own moment, and later pages see what was written ahead of them", async () => {
  const { store } = await notingStore();
  const revisions: number[] = [];
  const keys: string[] = [];
  for await (const page of scanPages(store, { range: everything, pageEntries: 10 })) {
    revisions.push(page.revision);
    keys.push(...page.entries.map(({ key }) => key));
    await store.write(set(`z${page.revision}`));
  }
  expect(revisions).toEqual([1, 2, 3]);
  expect(keys).toEqual([...KEYS, "z1", "z2"]);
});

test("a scan goes on where another one ended", async () => {
  const { store } = await notingStore();
  const { continuation = "" } = await store.scan({ range: everything, limit: 20 });
  const rest = await collected(scanAll(store, { range: everything, continuation, pageEntries: 2 }));
  expect(rest.map(({ key }) => key)).toEqual(KEYS.slice(20));
});

test.each([0, -1, 1.5, 10_001])("a page of %s entries is refused", async (pageEntries) => {
  const { store } = await notingStore();
  const scan = collected(scanAll(store, { range: everything, pageEntries }));
  await expect(scan).rejects.toMatchObject({ code: "invalid_request" });
});

describe("the end", () => {
  test("of a reader that stops early is the end of reading", async () => {
    const { store, scans } = await notingStore();
    for await (const { key } of scanAll(store, { range: everything, pageEntries: 5 })) if (key === "k04") break;
    expect(scans).toHaveLength(1);
    const scan = scanAll(store, { range: everything, pageEntries: 5 });
    await scan.next();
    await scan.return();
    expect((await scan.next()).done).toBe(true);
    expect(scans).toHaveLength(2);
  });

  test("comes at once with the signal: between pages and within one, with the caller's own reason if it has one", async () => {
    const { store, scans } = await notingStore();
    const controller = new AbortController();
    const { signal } = controller;
    const scan = scanAll(store, { range: everything, pageEntries: 5 }, { signal });
    await scan.next();
    controller.abort(new AspenError("shutting_down", "the program ends"));
    await expect(scan.next()).rejects.toMatchObject({ code: "shutting_down" });
    expect((await scan.next()).done).toBe(true);
    const pages = scanPages(store, { range: everything, pageEntries: 5 }, { signal: AbortSignal.abort("enough") });
    await expect(pages.next()).rejects.toMatchObject({ code: "timeout", retryable: false, cause: "enough" });
    expect(scans).toHaveLength(1);
  });

  test("comes with an error of the store, behind what was read before", async () => {
    const { store, scans } = await notingStore();
    const failing = storeWithScan(store, async (request, options) => {
      if (scans.length === 2) throw new AspenError("unavailable", "no quorum");
      return store.scan(request, options);
    });
    const keys: string[] = [];
    const read = async (): Promise<void> => {
      for await (const { key } of scanAll(failing, { range: everything, pageEntries: 5 })) keys.push(key);
    };
    await expect(read()).rejects.toMatchObject({ code: "unavailable" });
    expect(keys).toEqual(KEYS.slice(0, 10));
  });

  test("the deadline is that of each page", async () => {
    const { store } = await notingStore();
    const deadlines: (number | undefined)[] = [];
    const noting = storeWithScan(store, (request, options) => {
      deadlines.push(options?.deadlineMs);
      return store.scan(request, options);
    });
    await collected(scanAll(noting, { range: everything, pageEntries: 10 }, { deadlineMs: 70 }));
    expect(deadlines).toEqual([70, 70, 70]);
  });
});
