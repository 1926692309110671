import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { compareKeys, limits } from "@aspenjs/api";
import type { AcceptanceCase } from "@aspenjs/api/testing";
import { applied, prefix, range, scannedKeys } from "./applying.ts";
import { bytesOf, LogScript } from "./log-script.ts";
import type { StateMachineReplica, StateMachineSubject } from "./state-machine-subject.ts";

/**
 * Keys at which orders and bounds go wrong: prefixes of each other, code points around the surrogates, those that
 * UTF-16 sorts the other way round, the last ones there are, and U+0000 inside.
 */
export const NASTY_KEYS: readonly string[] = [
  "\u0001",
  " ",
  "%",
  "A",
  "_",
  "a",
  "a\u0000",
  "a\u0000b",
  "a\u0001",
  "a/",
  "a/b",
  "a/b/c",
  "a0",
  "aa",
  "a\u007f",
  "a\u0080",
  "aÿ",
  "aĀ",
  "a\ud7ff",
  "a\ue000",
  "a\uFFFD",
  "a\uFFFF",
  "a\u{10000}",
  "a\u{1F600}",
  "a\u{10FFFF}",
  "a\u{10FFFF}a",
  "a\u{10FFFF}\u{10FFFF}",
  "b",
  "\u007f",
  "\u0080",
  "\u07ff",
  "\u0800",
  "\ud7ff",
  "\ue000",
  "\uFEFFmark",
  "\uFFFD",
  "\uFFFF",
  "\u{10000}",
  "\u{1F600}",
  "\u{1F600}!",
  "\u{10FFFE}",
  "\u{10FFFF}",
  "\u{10FFFF}\u{10FFFF}",
];

async function openWith(subject: StateMachineSubject, keys: readonly string[]): Promise<StateMachineReplica> {
  const replica = await subject.openReplica();
  const log = new LogScript();
  // Neither in order nor in reverse order.
  const shuffled = keys.map((_, position) => keys[(position * 31 + 7) % keys.length] ?? "");
  await applied(replica.machine, log.sets([...new Set([...shuffled, ...keys])]));
  return replica;
}

const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `n/${String(i).padStart(5, "0")}`);

export const readCases: readonly AcceptanceCase<StateMachineSubject>[] = [
  {
    name: "scans follow the bytes of the keys, forwards and backwards",
    async run(subject) {
      const { machine } = await openWith(subject, NASTY_KEYS);
      const ordered = NASTY_KEYS.toSorted((left, right) => Buffer.compare(bytesOf(left), bytesOf(right)));
      assert.deepEqual(scannedKeys(machine, prefix("")), ordered);
      assert.deepEqual(scannedKeys(machine, prefix("", { reverse: true })), ordered.toReversed());
      for (const key of NASTY_KEYS) assert.equal(machine.get(key)?.key, key);
    },
  },
  {
    name: "a prefix finds exactly the keys that start with it",
    async run(subject) {
      const { machine } = await openWith(subject, NASTY_KEYS);
      const prefixes = [...NASTY_KEYS, "", "missing", "a/b/", "\u{1F600}!?", "n"];
      for (const text of prefixes) {
        const expected = NASTY_KEYS.filter((key) => key.startsWith(text)).sort(compareKeys);
        assert.deepEqual(scannedKeys(machine, prefix(text)), expected, JSON.stringify(text));
        assert.equal(machine.scan(prefix(text, { limit: 0 })).count, expected.length);
      }
    },
  },
  {
    name: "a range includes its start, excludes its end, and is empty when they are not in order",
    async run(subject) {
      const { machine } = await openWith(subject, NASTY_KEYS);
      const bounds = ["", "a", "a\u0000", "a\uFFFF", "a\u{10000}", "b", "\uFFFF", "\u{10000}", "\u{10FFFF}"];
      for (const start of bounds) {
        for (const end of bounds) {
          const expected = NASTY_KEYS.filter((key) => compareKeys(key, start) >= 0 && compareKeys(key, end) < 0);
          const scan = range(start, end);
          assert.deepEqual(scannedKeys(machine, scan), expected.sort(compareKeys), JSON.stringify([start, end]));
          assert.equal(machine.scan({ ...scan, limit: 0 }).count, expected.length);
        }
      }
    },
  },
  {
    name: "pages of one visit every key once, in both directions, from any key on",
    async run(subject) {
      const { machine } = await openWith(subject, NASTY_KEYS);
      for (const reverse of [false, true]) {
        const expected = NASTY_KEYS.filter((key) => key.startsWith("a")).sort(compareKeys);
        const visited: string[] = [];
        for (let isTruncated = true; isTruncated && visited.length <= expected.length;) {
          const page = machine.scan(prefix("a", { limit: 1, reverse, after: visited.at(-1) }));
          visited.push(...page.entries.map((entry) => entry.key));
          isTruncated = page.isTruncated;
        }
        assert.deepEqual(visited, reverse ? expected.reverse() : expected);
      }
    },
  },
  {
    name: "a scan goes on behind a key that was deleted meanwhile, or lies outside of the range",
    async run(subject) {
      const { machine } = await openWith(subject, ["a", "b", "c", "d"]);
      await applied(machine, [
        { term: 1, index: 5, payload: new LogScript().write({ kind: "delete", key: "b" }).payload },
      ]);
      assert.deepEqual(scannedKeys(machine, prefix("", { after: "b" })), ["c", "d"]);
      assert.deepEqual(scannedKeys(machine, prefix("", { after: "b", reverse: true })), ["a"]);
      assert.deepEqual(scannedKeys(machine, range("c", "d", { after: "a" })), ["c"]);
      assert.deepEqual(scannedKeys(machine, range("c", "d", { after: "x" })), []);
      assert.deepEqual(scannedKeys(machine, range("c", "e", { after: "x", reverse: true })), ["d", "c"]);
      assert.deepEqual(scannedKeys(machine, range("c", "e", { after: "a", reverse: true })), []);
    },
  },
  {
    name: "limits above 1,000 are honoured to the key, and only what is cut is called truncated",
    async run(subject) {
      const { machine } = await openWith(subject, numbered(2_500));
      for (const limit of [1, 999, 1_000, 1_001, 2_499]) {
        const page = machine.scan(prefix("n/", { limit }));
        assert.deepEqual([page.entries.length, page.count, page.isTruncated], [limit, limit, true]);
      }
      for (const limit of [2_500, 2_501, limits.scanLimitMax]) {
        const page = machine.scan(prefix("n/", { limit }));
        assert.deepEqual([page.entries.length, page.count, page.isTruncated], [2_500, 2_500, false]);
      }
      const rest = machine.scan(prefix("n/", { limit: 2_000, after: "n/01999" }));
      assert.deepEqual([rest.count, rest.isTruncated], [500, false]);
    },
  },
  {
    name: "limit 0 counts, from the place where the scan goes on",
    async run(subject) {
      const { machine } = await openWith(subject, numbered(1_500));
      assert.deepEqual(machine.scan(prefix("n/", { limit: 0 })), { entries: [], count: 1_500, isTruncated: false });
      assert.equal(machine.scan(prefix("n/", { limit: 0, after: "n/00099" })).count, 1_400);
      assert.equal(machine.scan(prefix("n/", { limit: 0, after: "n/00099", reverse: true })).count, 99);
    },
  },
  {
    name: "keysOnly leaves the values out and nothing else",
    async run(subject) {
      const { machine } = await openWith(subject, ["a", "b"]);
      const whole = machine.scan(prefix("")).entries;
      const keysOnly = machine.scan(prefix("", { keysOnly: true })).entries;
      assert.deepEqual(
        keysOnly,
        whole.map((entry) => ({ ...entry, value: new Uint8Array() })),
      );
    },
  },
  {
    name: "a page ends at 4 MiB, and goes on from there",
    async run(subject) {
      const { machine } = await subject.openReplica();
      const log = new LogScript();
      const value = new Uint8Array(limits.valueBytesMax);
      for (const key of ["a", "b", "c", "d", "e"]) await applied(machine, [log.write({ kind: "set", key, value })]);
      const page = machine.scan(prefix(""));
      assert.deepEqual([page.count, page.isTruncated], [3, true]);
      assert.deepEqual(scannedKeys(machine, prefix("", { after: "c" })), ["d", "e"]);
      assert.equal(machine.scan(prefix("", { keysOnly: true })).count, 5);
    },
  },
  {
    name: "system keys are read by name alone, never by a scan",
    async run(subject) {
      const { machine } = await openWith(subject, ["\u0000system", "\u0000", "a"]);
      assert.deepEqual(scannedKeys(machine, prefix("")), ["a"]);
      assert.deepEqual(scannedKeys(machine, prefix("", { reverse: true })), ["a"]);
      assert.deepEqual(scannedKeys(machine, prefix("\u0000")), []);
      assert.deepEqual(scannedKeys(machine, range("", "b")), ["a"]);
      assert.deepEqual(scannedKeys(machine, prefix("", { after: "\u0000" })), ["a"]);
      assert.equal(machine.scan(prefix("", { limit: 0 })).count, 1);
      assert.equal(machine.get("\u0000system")?.key, "\u0000system");
    },
  },
  {
    name: "text that is no key finds nothing",
    async run(subject) {
      const { machine } = await openWith(subject, ["\uFFFD"]);
      for (const key of ["", "\ud800", "\udfff"]) assert.equal(machine.get(key), undefined);
    },
  },
];
