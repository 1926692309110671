import { compareKeys, type KeyValueStore } from "@aspenjs/api";
import { createMemoryKeyValueStore } from "@aspenjs/api/memory";
import fc from "fast-check";
import { expect, test } from "vitest";
import { collected, textBytes } from "../test/memory-host.ts";
import { exportRecords } from "./exporter.ts";
import { Importer } from "./importer.ts";
import { limits } from "./limits.ts";
import { readLines } from "./line-reader.ts";

const keys = fc
  .string({ unit: "binary", minLength: 1, maxLength: 12 })
  .filter((key) => key.isWellFormed() && !key.startsWith("\u0000"));
const contents = fc.dictionary(keys, fc.uint8Array({ maxLength: 40 }), { maxKeys: 30, noNullPrototype: true });

async function exported(store: KeyValueStore, prefix = ""): Promise<string> {
  const chunks = await collected(exportRecords({ store, prefix, consistency: "linearizable" }));
  return chunks.map(({ text }) => text).join("");
}

async function imported(text: string): Promise<KeyValueStore> {
  const store = createMemoryKeyValueStore();
  const source = (async function* chunks() {
    yield textBytes(text);
  })();
  const importer = new Importer({ store, batchPairs: 3, concurrency: 4, signal: new AbortController().signal });
  const outcome = await importer.run(readLines(source, limits.importLineBytesMax));
  expect(outcome.kind).toBe("complete");
  return store;
}

test("export after import gives the same bytes, for any keys and values; import after export the same pairs", async () => {
  await fc.assert(
    fc.asyncProperty(contents, async (pairs) => {
      const store = createMemoryKeyValueStore();
      for (const [key, value] of Object.entries(pairs)) await store.write({ kind: "set", key, value });
      const text = await exported(store);
      const copy = await imported(text);
      expect(await exported(copy)).toBe(text);
      for (const [key, value] of Object.entries(pairs)) {
        expect((await copy.get({ key })).entry?.value).toEqual(Uint8Array.from(value));
      }
    }),
  );
});

test("lines are in the order of the keys' bytes, which is not that of JavaScript", async () => {
  const store = createMemoryKeyValueStore();
  const names = ["\u{1F332}", "\uFFFD", "a", "B", "é"];
  for (const key of names) await store.write({ kind: "set", key, value: textBytes(key) });
  const lines = (await exported(store)).trimEnd().split("\n");
  const order = lines.map((line) => (JSON.parse(line) as { readonly key: string }).key);
  expect(order).toEqual(names.toSorted(compareKeys));
  expect(order.at(-1)).toBe("\u{1F332}");
});

test("pages follow each other without gap or duplicate", async () => {
  const store = createMemoryKeyValueStore();
  const count = 2 * limits.exportPageEntries + 1;
  for (let start = 0; start < count; start += 1_000) {
    const pairs = Array.from({ length: Math.min(1_000, count - start) }, (_, position) => ({
      key: `key/${String(start + position).padStart(6, "0")}`,
      value: textBytes(""),
    }));
    await store.write({ kind: "setMulti", pairs });
  }
  const lines = (await exported(store, "key/")).trimEnd().split("\n");
  expect(lines).toHaveLength(count);
  expect(new Set(lines).size).toBe(count);
});
