import { deepEqual, equal } from "node:assert/strict";
import type { AcceptanceCase } from "./acceptance-case.ts";
import { freshPrefix, keysOf, setAll, type KeyValueStoreSubject } from "./key-value-store-subject.ts";

/** More than any page holds by default; the last ones lie where UTF-16 and UTF-8 order differently. */
const MANY_KEY_ENDS = [
  ...Array.from({ length: 900 }, (_, item) => String(item).padStart(4, "0")),
  ...Array.from({ length: 100 }, (_, item) => `\uFFFF${String(item).padStart(4, "0")}`),
  ...Array.from({ length: 300 }, (_, item) => String.fromCodePoint(0x1_0000 + item)),
  ...Array.from({ length: 100 }, (_, item) => `\u{10FFFF}${String(item).padStart(4, "0")}`),
];

async function setMany(subject: KeyValueStoreSubject, prefix: string): Promise<string[]> {
  const keys = MANY_KEY_ENDS.map((end) => prefix + end);
  await setAll(subject, keys.slice(700));
  await setAll(subject, keys.slice(0, 700));
  return keys;
}

export const rangeDeletionCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  {
    name: "deleteRange deletes every key with the prefix and no other, at one revision, and returns them in key order",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "delete-prefix");
      const inside = ["", "/", "a", "a\u0000", "\uFFFF", "\u{10000}", "\u{10FFFF}"].map((end) => `${prefix}x${end}`);
      const outside = ["w", "w\u{10FFFF}", "y", "X"].map((end) => prefix + end);
      await setAll(subject, [...inside, ...outside].reverse());
      const range = { kind: "prefix", prefix: `${prefix}x` } as const;
      const { entries, revision } = await store.scan({ range });
      const result = await store.write({ kind: "deleteRange", range, returnPrevious: true });
      deepEqual(result, { kind: "delete", revision: revision + 1, deletedCount: inside.length, previous: entries });
      deepEqual(keysOf(result.previous ?? []), inside);
      const rest = await store.scan({ range: { kind: "prefix", prefix } });
      deepEqual(keysOf(rest.entries).sort(), outside.sort());
      equal(rest.revision, revision + 1);
    },
  },
  {
    name: "deleteRange takes a prefix whichever character it ends in",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "delete-prefix-end");
      for (const end of ["a", "\u007F", "é", "\uD7FF", "\uFFFF", "\u{1F332}", "\u{10FFFF}"]) {
        const keys = ["", "/1", "\u{10FFFF}"].map((rest) => prefix + end + rest);
        await setAll(subject, [...keys, `${prefix}\u0001`, `${prefix}\u{10FFFF}\u{10FFFF}\u{10FFFF}`]);
        const range = { kind: "prefix", prefix: `${prefix}${end}` } as const;
        const expected = end === "\u{10FFFF}" ? keys.length + 1 : keys.length;
        equal((await store.write({ kind: "deleteRange", range })).deletedCount, expected, end);
      }
      const { entries } = await store.scan({ range: { kind: "prefix", prefix } });
      deepEqual(keysOf(entries), [`${prefix}\u0001`]);
    },
  },
  {
    name: "deleteRange includes the start of a range and excludes its end",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "delete-range");
      const deleted = async (start: string, end: string): Promise<string[]> => {
        await setAll(
          subject,
          ["a", "b", "ba", "c", "\uE000", "\u{1F332}"].map((name) => prefix + name),
        );
        const range = { kind: "range", start: prefix + start, end: prefix + end } as const;
        const { previous = [] } = await store.write({ kind: "deleteRange", range, returnPrevious: true });
        return keysOf(previous).map((key) => key.slice(prefix.length));
      };
      deepEqual(await deleted("a", "c"), ["a", "b", "ba"]);
      deepEqual(await deleted("b", "b\u0000"), ["b"]);
      deepEqual(await deleted("aa", "bz"), ["b", "ba"]);
      deepEqual(await deleted("c", "\u{1F332}"), ["c", "\uE000"]);
      deepEqual(await deleted("\uFFFF", "\u{10FFFF}"), ["\u{1F332}"]);
    },
  },
  {
    name: "deleteRange of nothing succeeds and takes no revision",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "delete-nothing");
      await setAll(subject, [`${prefix}a`, `${prefix}c`]);
      const { revision } = await store.get({ key: prefix });
      for (const [start, end] of [
        ["b", "b"],
        ["b", "c"],
        ["c", "a"],
        ["d", "e"],
      ]) {
        const range = { kind: "range", start: `${prefix}${start}`, end: `${prefix}${end}` } as const;
        const nothing = { kind: "delete", revision, deletedCount: 0 };
        deepEqual(await store.write({ kind: "deleteRange", range }), nothing);
        const asked = await store.write({ kind: "deleteRange", range, returnPrevious: true });
        deepEqual(asked, { ...nothing, previous: [] });
      }
      const { count } = await store.scan({ range: { kind: "prefix", prefix }, limit: 0 });
      equal(count, 2);
    },
  },
  {
    name: "no key is missed in a range of more than 1,000, above U+10000 neither",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "many");
      const keys = await setMany(subject, prefix);
      const whole = { kind: "prefix", prefix } as const;
      const high = { kind: "range", start: `${prefix}\u{10000}`, end: `${prefix}\u{10FFFF}z` } as const;
      for (const [range, expected] of [
        [whole, keys],
        [high, keys.slice(1_000)],
      ] as const) {
        equal((await store.scan({ range, limit: 0 })).count, expected.length);
        const page = await store.scan({ range, limit: 10_000 });
        deepEqual([keysOf(page.entries), page.isTruncated], [expected, false]);
        const backward = await store.scan({ range, limit: 10_000, reverse: true, keysOnly: true });
        deepEqual(keysOf(backward.entries).reverse(), expected);
      }
      equal((await store.write({ kind: "deleteRange", range: high })).deletedCount, 400);
      deepEqual(keysOf((await store.scan({ range: whole, limit: 10_000 })).entries), keys.slice(0, 1_000));
      await setMany(subject, prefix);
      const { deletedCount, revision } = await store.write({ kind: "deleteRange", range: whole });
      equal(deletedCount, keys.length);
      const rest = await store.scan({ range: whole, limit: 0 });
      deepEqual([rest.count, rest.revision], [0, revision]);
    },
  },
  {
    name: "the system's keys are deleted by no range",
    async run(subject) {
      const { store } = subject;
      const key = `${await freshPrefix(subject, "system")}key`;
      await setAll(subject, [key]);
      const { revision } = await store.get({ key });
      for (const range of [
        { kind: "prefix", prefix: "\u0000" },
        { kind: "range", start: "", end: "\u0001" },
      ] as const) {
        const result = await store.write({ kind: "deleteRange", range, returnPrevious: true });
        deepEqual(result, { kind: "delete", revision, deletedCount: 0, previous: [] });
        const { results } = await store.write({
          kind: "transaction",
          compares: [],
          success: [
            { kind: "scan", range },
            { kind: "scan", range, limit: 0 },
            { kind: "deleteRange", range },
          ],
          failure: [],
        });
        const none = { kind: "scan", entries: [], count: 0, isTruncated: false };
        deepEqual(results, [none, none, { kind: "delete", deletedCount: 0 }]);
      }
      const after = await store.get({ key });
      deepEqual([after.entry?.version, after.revision], [1, revision]);
    },
  },
];
