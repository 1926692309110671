import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import type { KeyValueEntry } from "../key-value-entry.ts";
import { utf8ByteLength } from "../key.ts";
import { limits } from "../limits.ts";
import type { ScanRequest, ScanResult } from "../read.ts";
import type { AcceptanceCase } from "./acceptance-case.ts";
import { freshPrefix, keysOf, setAll, type KeyValueStoreSubject } from "./key-value-store-subject.ts";

/**
 * Follows the continuations to the end; every page must keep the promises that one page makes. A scan of more than
 * `keyCount` keys goes round in circles and is given up.
 */
async function allPages(
  { store }: KeyValueStoreSubject,
  request: ScanRequest,
  keyCount: number,
): Promise<ScanResult[]> {
  const pages: ScanResult[] = [];
  let seenCount = 0;
  let continuation: string | undefined;
  do {
    const page = await store.scan(continuation === undefined ? request : { ...request, continuation });
    equal(page.count, page.entries.length);
    equal(page.continuation !== undefined, page.isTruncated, "a continuation comes with a truncated page, only");
    ok(!page.isTruncated || page.entries.length > 0, "a truncated page holds something");
    seenCount += page.count;
    ok(seenCount <= keyCount, `the scan returned more than the ${keyCount} keys that there are`);
    pages.push(page);
    continuation = page.continuation;
  } while (continuation !== undefined);
  return pages;
}

function pageKeys(pages: readonly ScanResult[]): string[] {
  return pages.flatMap((page) => keysOf(page.entries));
}

function byteLength(entries: readonly KeyValueEntry[]): number {
  return entries.reduce((sum, { key, value }) => sum + utf8ByteLength(key) + value.byteLength, 0);
}

export const pageCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  {
    name: "pages of any size make up the whole, without gap or repetition, in both directions",
    async run(subject) {
      const prefix = await freshPrefix(subject, "pages");
      const ends = ["a", "aa", "b", "\u007F", "é", "\uE000", "\uFFFF", "\u{10000}", "\u{1F332}", "\u{10FFFF}"];
      const keys = ends.map((end) => prefix + end);
      await setAll(subject, keys);
      for (const range of [
        { kind: "prefix", prefix },
        { kind: "range", start: prefix, end: `${prefix}\u{10FFFF}\u0000` },
      ] as const) {
        for (const limit of [1, 3, 4, 7]) {
          const forward = await allPages(subject, { range, limit }, keys.length);
          deepEqual(pageKeys(forward), keys);
          equal(forward.length, Math.ceil(keys.length / limit));
          deepEqual(
            pageKeys(await allPages(subject, { range, limit, reverse: true }, keys.length)),
            [...keys].reverse(),
          );
          deepEqual(pageKeys(await allPages(subject, { range, limit, keysOnly: true }, keys.length)), keys);
        }
      }
    },
  },
  {
    name: "a page that ends with the last key is not truncated",
    async run(subject) {
      const prefix = await freshPrefix(subject, "exact");
      await setAll(subject, [`${prefix}a`, `${prefix}b`]);
      const page = await subject.store.scan({ range: { kind: "prefix", prefix }, limit: 2 });
      deepEqual([page.count, page.isTruncated, page.continuation], [2, false, undefined]);
    },
  },
  {
    name: "a continuation goes on behind its key after that key was deleted, and sees what was added ahead",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "moving");
      const range = { kind: "prefix", prefix } as const;
      for (const [reverse, ahead, behind] of [
        [false, "d", "b"],
        [true, "b", "d"],
      ] as const) {
        await setAll(
          subject,
          ["a", "c", "e"].map((end) => prefix + end),
        );
        const first = await store.scan({ range, reverse, limit: 2 });
        notEqual(first.continuation, undefined);
        await store.write({ kind: "delete", key: `${prefix}c` });
        await setAll(subject, [`${prefix}${ahead}`, `${prefix}${behind}`]);
        const rest = await store.scan({ range, reverse, limit: 10, continuation: first.continuation ?? "" });
        const expected = [ahead, reverse ? "a" : "e"].map((end) => prefix + end);
        deepEqual(pageKeys([rest]), expected);
        await store.write({ kind: "deleteMulti", keys: [`${prefix}b`, `${prefix}d`] });
      }
    },
  },
  {
    name: "a scan without a limit returns at most 1,000 entries",
    async run(subject) {
      const prefix = await freshPrefix(subject, "default-limit");
      const keys = Array.from({ length: limits.scanLimitDefault + 1 }, (_, item) => {
        return prefix + String(item).padStart(5, "0");
      });
      await setAll(subject, keys.slice(1));
      await setAll(subject, keys.slice(0, 1));
      const pages = await allPages(subject, { range: { kind: "prefix", prefix } }, keys.length);
      deepEqual(
        pages.map((page) => page.count),
        [limits.scanLimitDefault, 1],
      );
      deepEqual(pageKeys(pages), keys);
      await subject.store.write({ kind: "deleteMulti", keys: keys.slice(1) });
    },
  },
  {
    name: "a limit above 1,000 is kept to the row, in both directions",
    async run(subject) {
      const prefix = await freshPrefix(subject, "many-rows");
      const keys = Array.from({ length: 2_100 }, (_, item) => prefix + String(item).padStart(5, "0"));
      for (let from = 0; from < keys.length; from += 700) await setAll(subject, keys.slice(from, from + 700));
      const range = { kind: "prefix", prefix } as const;
      for (const limit of [1_001, 2_099, 2_100, 2_101]) {
        const page = await subject.store.scan({ range, limit });
        deepEqual(keysOf(page.entries), keys.slice(0, limit));
        equal(page.isTruncated, limit < keys.length);
        const backwards = await subject.store.scan({ range, limit, reverse: true });
        deepEqual(keysOf(backwards.entries), keys.toReversed().slice(0, limit));
      }
      equal((await subject.store.scan({ range, limit: 0 })).count, keys.length);
      await subject.store.write({ kind: "deleteRange", range });
    },
  },
  {
    name: "a page ends before 4 MiB of keys and values, however high its limit",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "page-bytes");
      const keys = ["a", "b", "c", "d", "e", "f"].map((end) => prefix + end);
      const value = new Uint8Array(limits.valueBytesMax).fill(1);
      for (const key of keys) await store.write({ kind: "set", key, value });
      const range = { kind: "prefix", prefix } as const;
      for (const reverse of [false, true]) {
        const pages = await allPages(subject, { range, reverse, limit: limits.scanLimitMax }, keys.length);
        ok(pages.every((page) => byteLength(page.entries) <= limits.scanPageBytesMax));
        ok(pages.length > 1 && pages.length <= keys.length);
        deepEqual(pageKeys(pages), reverse ? [...keys].reverse() : keys);
      }
      const bare = await allPages(subject, { range, keysOnly: true }, keys.length);
      deepEqual([bare.length, bare[0]?.count], [1, keys.length]);
      await store.write({ kind: "deleteMulti", keys });
    },
  },
  {
    name: "values of other sizes fill pages without a gap",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "mixed-bytes");
      const sizes = [10, limits.valueBytesMax, 0, limits.valueBytesMax, 900_000, limits.valueBytesMax, 700_000, 5];
      for (const [item, size] of sizes.entries()) {
        await store.write({ kind: "set", key: prefix + String(item), value: new Uint8Array(size).fill(item) });
      }
      const pages = await allPages(subject, { range: { kind: "prefix", prefix } }, sizes.length);
      const entries = pages.flatMap((page) => page.entries);
      deepEqual(
        entries.map((entry) => entry.value.byteLength),
        sizes,
      );
      ok(entries.every((entry, item) => entry.value.every((byte) => byte === item)));
      await store.write({ kind: "deleteMulti", keys: pageKeys(pages) });
      deepEqual(pageKeys([await store.scan({ range: { kind: "prefix", prefix } })]), []);
    },
  },
];
