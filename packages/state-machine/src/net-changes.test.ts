import type { KeyValueEntry } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { netChanges, type KeyStep } from "./net-changes.ts";

function entryOf(key: string, modRevision: number, text = ""): KeyValueEntry {
  return { key, value: new TextEncoder().encode(text), createRevision: 1, modRevision, version: modRevision };
}

const set = (key: string, previous: KeyValueEntry | undefined, text = ""): KeyStep => ({
  key,
  previous,
  entry: entryOf(key, 9, text),
});
const deletion = (key: string, previous: KeyValueEntry): KeyStep => ({ key, previous, entry: undefined });

describe("H2: what is left of the steps of a command", () => {
  const old = entryOf("k", 3);

  test("is one change per key: the first previous entry and the last one", () => {
    const between = entryOf("k", 9, "between");
    expect(netChanges([set("k", old, "between"), set("k", between, "last")])).toStrictEqual([
      { kind: "put", entry: entryOf("k", 9, "last"), previous: old },
    ]);
    expect(netChanges([set("k", old), deletion("k", between)])).toStrictEqual([
      { kind: "delete", key: "k", previous: old },
    ]);
    expect(netChanges([deletion("k", old), set("k", undefined, "again")])).toStrictEqual([
      { kind: "put", entry: entryOf("k", 9, "again"), previous: old },
    ]);
    expect(netChanges([deletion("k", old), set("k", undefined), deletion("k", between)])).toStrictEqual([
      { kind: "delete", key: "k", previous: old },
    ]);
  });

  test("is nothing for a key that came and went, though others are there", () => {
    const made = entryOf("k", 9);
    expect(netChanges([set("k", undefined), deletion("k", made)])).toStrictEqual([]);
    expect(netChanges([set("k", undefined), set("l", undefined), deletion("k", made)])).toStrictEqual([
      { kind: "put", entry: entryOf("l", 9) },
    ]);
    expect(netChanges([])).toStrictEqual([]);
  });

  test("is in the order of UTF-8, whatever the order of the steps", () => {
    const keys = ["b", "\u{10000}", "a", "\uFFFD", "aa"];
    const changes = netChanges(keys.map((key) => set(key, undefined)));
    expect(changes.map((change) => change.kind === "put" && change.entry.key)).toEqual([
      "a",
      "aa",
      "b",
      "\uFFFD",
      "\u{10000}",
    ]);
  });
});
