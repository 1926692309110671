import { Buffer } from "node:buffer";
import { limits, type KeyChange, type KeyValueEntry } from "@aspenjs/api";
import { DecodeError, encodeRow, type Cell } from "@aspenjs/codec";
import { keyValueEntryRow } from "@aspenjs/protocol";
import { describe, expect, test } from "vitest";
import { decodeChanges, encodeChanges } from "./change-row.ts";
import { stateMachineLimits } from "./limits.ts";
import { RowWriter } from "./row-writer.ts";

const REVISION = 2 ** 40;
const NUMBERS = [1, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, REVISION - 1];

function entryOf(key: string, valueBytes: number, number: number, isBound: boolean): KeyValueEntry {
  const value = new Uint8Array(valueBytes).fill(7);
  const entry = { key, value, createRevision: 1, modRevision: number, version: number };
  return isBound ? { ...entry, leaseId: number } : entry;
}

/** Every length and number that has another head, with and without all that may be missing. */
function someChanges(): KeyChange[] {
  const lengths = [0, 1, 23, 24, 255, 256, 65_535, 65_536, limits.valueBytesMax];
  const changes = NUMBERS.flatMap((number, position): KeyChange[] => {
    const key = `${String.fromCharCode(97 + position)}${"\u{1F600}\u00FC\uFFFD".repeat(position * 10)}`;
    const previous = entryOf(`${key}1`, lengths[position % lengths.length] ?? 0, number, position % 2 === 0);
    return [
      { kind: "put", entry: { ...entryOf(key, position, REVISION, false), version: number } },
      { kind: "put", entry: entryOf(`${key}1`, 0, REVISION, position % 2 === 1), previous },
      { kind: "delete", key: `${key}2` },
      { kind: "delete", key: `${key}3`, previous: { ...previous, key: `${key}3` } },
    ];
  });
  return changes;
}

function plainRow(changes: readonly KeyChange[]): Uint8Array {
  return encodeRow(
    changes.map((change) => {
      const previous = change.previous === undefined ? null : keyValueEntryRow(change.previous);
      return change.kind === "put" ? [0, keyValueEntryRow(change.entry), previous] : [1, change.key, previous];
    }),
  );
}

describe("a row of changes", () => {
  test("is what the codec would write, whatever has been written before, and reads back", () => {
    const writer = new RowWriter();
    for (let size = 0; size <= NUMBERS.length * 4; size += 1) {
      const changes = someChanges().slice(0, size);
      const content = encodeChanges(changes, writer);
      expect(Buffer.compare(content, plainRow(changes))).toBe(0);
      expect(decodeChanges({ revision: REVISION, content })).toStrictEqual(changes);
    }
  });

  test("keeps its bytes when more rows follow in the same memory", () => {
    const writer = new RowWriter();
    const rows = someChanges().map((change) => encodeChanges([change], writer));
    const plain = someChanges().map((change) => plainRow([change]));
    expect(rows.map((row) => Buffer.from(row).toString("hex"))).toEqual(
      plain.map((row) => Buffer.from(row).toString("hex")),
    );
  });

  const entry = [...keyValueEntryRow(entryOf("k", 1, 300, false))];
  const earlier = [...keyValueEntryRow(entryOf("k", 1, 299, false))];
  test.each<readonly [string, Cell]>([
    ["an unknown kind", [[2, "k", null]]],
    ["an entry of another revision", [[0, earlier, null]]],
    ["another key's previous entry", [[1, "l", earlier]]],
    ["a previous entry of the same revision", [[0, entry, entry]]],
    [
      "one key twice",
      [
        [1, "k", null],
        [1, "k", null],
      ],
    ],
    [
      "keys in the order of UTF-16",
      [
        [1, "\u{10000}", null],
        [1, "\uFFFD", null],
      ],
    ],
    ["a cell too many", [[1, "k", null, 0]]],
    ["a cell too few", [[1, "k"]]],
    ["an empty key", [[1, "", null]]],
    [
      "too many keys",
      Array.from({ length: stateMachineLimits.changesMax + 1 }, (_, i) => [1, String(i).padStart(9, "0"), null]),
    ],
  ])("with %s is refused", (_name, row) => {
    const content = encodeRow(row as Cell[]);
    expect(() => decodeChanges({ revision: 300, content })).toThrow(DecodeError);
  });
});
