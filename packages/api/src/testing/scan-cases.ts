import { deepEqual, equal, ok } from "node:assert/strict";
import { SYSTEM_KEY_PREFIX } from "../key.ts";
import type { AcceptanceCase } from "./acceptance-case.ts";
import { bytes, described, freshPrefix, setAll, type KeyValueStoreSubject } from "./key-value-store-subject.ts";

/** In the order of their UTF-8 bytes. UTF-16 order would put the last three before U+E000. */
const ENDS_IN_BYTE_ORDER = [
  "",
  "\u0001",
  " ",
  "/",
  "0",
  "A",
  "a",
  "a\u0000",
  "aa",
  "b",
  "e\u0301",
  "\u007F",
  "\u0080",
  "\u00E9",
  "\u07FF",
  "\u0800",
  "\uD7FF",
  "\uE000",
  "\uFEFF",
  "\uFFFD",
  "\uFFFF",
  "\u{10000}",
  "\u{1F332}",
  "\u{10FFFF}",
];

export const scanCases: readonly AcceptanceCase<KeyValueStoreSubject>[] = [
  {
    name: "keys come in the order of their UTF-8 bytes, and in reverse just the other way round",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "order");
      const keys = ENDS_IN_BYTE_ORDER.map((end) => `${prefix}${end}`);
      await setAll(subject, [...keys].reverse());
      const range = { kind: "prefix", prefix } as const;
      const forward = await store.scan({ range });
      deepEqual(
        forward.entries.map((entry) => entry.key),
        keys,
      );
      const backward = await store.scan({ range, reverse: true });
      deepEqual(described(backward.entries), described(forward.entries).reverse());
    },
  },
  {
    name: "every key reads back as the text that it was, whatever its characters",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "text");
      await setAll(
        subject,
        ENDS_IN_BYTE_ORDER.map((end) => `${prefix}${end}`),
      );
      for (const end of ENDS_IN_BYTE_ORDER) {
        const key = `${prefix}${end}`;
        const { entry } = await store.get({ key });
        deepEqual([entry?.key, entry?.value], [key, bytes(`value of ${key}`)]);
      }
    },
  },
  {
    name: "a prefix selects the keys that start with it, whichever character it ends in",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "prefix");
      const ends = ["", "a", "\u007F", "é", "\uD7FF", "\uFFFF", "\u{1F332}", "\u{10FFFF}"];
      const keys = ends.flatMap((end) => [`${prefix}${end}`, `${prefix}${end}/1`, `${prefix}${end}\u{10FFFF}`]);
      await setAll(subject, [...new Set(keys)]);
      for (const end of ends) {
        const chosen = `${prefix}${end}`;
        const { entries } = await store.scan({ range: { kind: "prefix", prefix: chosen } });
        const found = entries.map((entry) => entry.key).sort();
        deepEqual(found, [...new Set(keys)].filter((key) => key.startsWith(chosen)).sort());
      }
    },
  },
  {
    name: "a range includes its start and excludes its end",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "range");
      await setAll(
        subject,
        ["a", "b", "ba", "c", "\uE000", "\u{1F332}"].map((end) => `${prefix}${end}`),
      );
      const endsBetween = async (start: string, end: string): Promise<string[]> => {
        const range = { kind: "range", start: `${prefix}${start}`, end: `${prefix}${end}` } as const;
        return (await store.scan({ range })).entries.map((entry) => entry.key.slice(prefix.length));
      };
      deepEqual(await endsBetween("a", "c"), ["a", "b", "ba"]);
      deepEqual(await endsBetween("b", "b\u0000"), ["b"]);
      deepEqual(await endsBetween("aa", "bz"), ["b", "ba"]);
      deepEqual(await endsBetween("c", "\u{1F332}"), ["c", "\uE000"]);
      deepEqual(await endsBetween("b", "b"), []);
    },
  },
  {
    name: "a limit of 0 counts and returns no entry",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "count");
      const range = { kind: "prefix", prefix } as const;
      const none = await store.scan({ range, limit: 0 });
      deepEqual([none.entries.length, none.count], [0, 0]);
      await setAll(
        subject,
        ["a", "b", "c"].map((end) => prefix + end),
      );
      const three = await store.scan({ range, limit: 0 });
      deepEqual([three.entries.length, three.count], [0, 3]);
      const two = await store.scan({ range: { kind: "range", start: `${prefix}b`, end: `${prefix}z` }, limit: 0 });
      equal(two.count, 2);
    },
  },
  {
    name: "keysOnly leaves the values out and keeps the rest",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "keys-only");
      await setAll(subject, [`${prefix}a`, `${prefix}b`]);
      const range = { kind: "prefix", prefix } as const;
      const whole = await store.scan({ range });
      const bare = await store.scan({ range, keysOnly: true });
      deepEqual(
        described(bare.entries),
        described(whole.entries.map((entry) => ({ ...entry, value: new Uint8Array() }))),
      );
      equal(whole.entries[0]?.value.byteLength, bytes(`value of ${prefix}a`).byteLength);
    },
  },
  {
    name: "a scan sees every write acknowledged before it, and its label says so",
    async run(subject) {
      const { store } = subject;
      const prefix = await freshPrefix(subject, "read-your-writes");
      for (const end of ["a", "b", "c"]) {
        const { revision } = await store.write({ kind: "set", key: prefix + end, value: bytes(end) });
        const page = await store.scan({ range: { kind: "prefix", prefix }, reverse: true, limit: 1 });
        deepEqual([page.entries[0]?.key, page.revision, page.consistency], [prefix + end, revision, "linearizable"]);
      }
    },
  },
  {
    name: "the system's keys are not shown",
    async run({ store }) {
      // They would come first: U+0000 is the lowest byte.
      const first = await store.scan({ range: { kind: "prefix", prefix: "" }, limit: 10 });
      ok(first.entries.every((entry) => !entry.key.startsWith(SYSTEM_KEY_PREFIX)));
      const range = { kind: "range", start: "", end: "\u0001" } as const;
      const { entries } = await store.scan({ range });
      deepEqual(described(entries), []);
      equal((await store.scan({ range, limit: 0 })).count, 0);
    },
  },
];
