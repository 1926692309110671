import * as cborg from "cborg";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError } from "./decode-error.ts";
import type { Cell, Row } from "./cell.ts";
import { limits } from "./limits.ts";
import { decodeRow, encodeRow } from "./row.ts";
import type { RowReader } from "./row-reader.ts";

const cell: fc.Arbitrary<Cell> = fc.letrec<{ cell: Cell }>((tie) => ({
  cell: fc.oneof(
    { maxDepth: 3 },
    fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
    fc.string({ unit: "grapheme" }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 64 }),
    fc.array(tie("cell"), { maxLength: 5 }),
  ),
})).cell;

describe("rows", () => {
  test("every row has one encoding, and it reads back as it was written", () => {
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 8 }), (row) => {
        const bytes = encodeRow(row);
        const reader = decodeRow(bytes, bytes.byteLength);
        expect(reader.remaining).toBe(row.length);
        expect(encodeRow(row)).toEqual(bytes);
      }),
    );
  });

  test("any bytes at all either decode or are refused with DecodeError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          const reader = decodeRow(bytes, 1_000);
          while (reader.remaining > 0) reader.integer("x");
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("one flipped or dropped byte never reads as the same row", () => {
    const bytes = encodeRow([7, "key", new Uint8Array([1, 2, 3])]);
    expect(() => decodeRow(bytes.subarray(0, -1), 100)).toThrow(DecodeError);
    expect(() => decodeRow(new Uint8Array([...bytes, 0]), 100)).toThrow(DecodeError);
  });

  test.each([
    ["nothing", []],
    ["a break alone", [0xff]],
    ["indefinite length list", [0x9f, 0x01, 0xff]],
    ["integer that is not minimal", [0x81, 0x18, 0x01]],
    ["float", [0x81, 0xf9, 0x3c, 0x00]],
    ["malformed UTF-8", [0x81, 0x61, 0xff]],
    ["an encoded surrogate", [0x81, 0x63, 0xed, 0xa0, 0x80]],
    ["undefined", [0x81, 0xf7]],
    ["a map", [0xa0]],
    ["a tag", [0x81, 0xc1, 0x01]],
    ["2^64 - 1", [0x81, 0x1b, 255, 255, 255, 255, 255, 255, 255, 255]],
    ["2^53", [0x81, 0x1b, 0, 0x20, 0, 0, 0, 0, 0, 0]],
    ["-(2^53)", [0x81, 0x3b, 0, 0x1f, 255, 255, 255, 255, 255, 255]],
    ["eight bytes for 2^32 - 1", [0x81, 0x1b, 0, 0, 0, 0, 255, 255, 255, 255]],
    ["eight bytes for -(2^32)", [0x81, 0x3b, 0, 0, 0, 0, 255, 255, 255, 255]],
    ["an integer that ends too early", [0x81, 0x1b, 0, 0x1f, 255]],
    ["two bytes for 255", [0x81, 0x19, 0, 255]],
    ["four bytes for 65,535", [0x81, 0x1a, 0, 0, 255, 255]],
    ["one byte for the length of a short list", [0x98, 0x01, 0x01]],
    ["text that ends too early", [0x81, 0x62, 0x61]],
    ["bytes that end too early", [0x81, 0x42, 0x61]],
    ["a list of more cells than there are bytes", [0x9a, 0x00, 0x01, 0x00, 0x00, 0x01]],
    ["a length of eight bytes that nothing has", [0x81, 0x5b, 0, 0x1f, 255, 255, 255, 255, 255, 255]],
    ["a head that is reserved", [0x81, 0x1c]],
    ["a simple value without a name", [0x81, 0xe0]],
  ])("%s is refused", (_name, bytes) => {
    expect(() => {
      const reader = decodeRow(new Uint8Array(bytes), 100);
      reader.integer("value");
    }).toThrow(DecodeError);
  });

  test.each(["\uFEFF", "\uFFFD", "a\u0000b", "\u{10FFFF}"])("text %j survives as it is", (text) => {
    expect(decodeRow(encodeRow([text]), 100).text("text", 10)).toBe(text);
  });

  test.each([0, 20, 21, 24, 252, 253, 300, 65_532, 65_533])(
    "a byte order mark and a mended character survive before %i more characters, whatever the length of the length",
    (count) => {
      for (const start of ["\uFEFF", "\uFFFD"]) {
        const text = start + "x".repeat(count);
        const bytes = encodeRow([1, text, "behind"]);
        const row = decodeRow(bytes, bytes.byteLength);
        expect([row.integer("one"), row.text("text", 100_000), row.text("text", 10)]).toEqual([1, text, "behind"]);
      }
    },
  );

  test("decoded bytes do not share memory with what they came from", () => {
    const source = Buffer.from(encodeRow([new Uint8Array(100).fill(7)]));
    const value = decodeRow(source, 1_000).bytes("value", 100);
    source.fill(0);
    expect(value).toEqual(new Uint8Array(100).fill(7));
  });

  test.each([2 ** 32, -(2 ** 32) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])("%i reads back", (integer) => {
    expect(decodeRow(encodeRow([integer]), 10).integer("integer", Number.MIN_SAFE_INTEGER)).toBe(integer);
  });

  test("a surrogate without its other half becomes U+FFFD, wherever it stands", () => {
    for (const text of ["\ud800", "a\ud800b", "\udc00", "\ud800\ud800\udc00", "\ud800".repeat(40)]) {
      expect(decodeRow(encodeRow([text]), 200).text("text", 200)).toBe(text.toWellFormed());
    }
  });

  test("lists lie in each other up to a bound", () => {
    const nested = (depth: number): Cell => (depth === 0 ? 7 : [nested(depth - 1)]);
    const deepest = encodeRow(nested(limits.rowDepthMax) as Row);
    expect(cellsOf(decodeRow(deepest, 100))).toEqual(nested(limits.rowDepthMax));
    const deeper = encodeRow(nested(limits.rowDepthMax + 1) as Row);
    expect(() => decodeRow(deeper, 100)).toThrow(new DecodeError("lists lie too deep in each other"));
  });

  test.each([[[1.5]], [[Number.NaN]], [[2 ** 53]], [[-(2 ** 53)]]])("what a row cannot hold is a bug: %j", (row) => {
    expect(() => encodeRow(row)).toThrow("the numbers of a row are safe integers");
  });

  test("rows keep apart, however many are written", () => {
    const rows = Array.from({ length: 400 }, (_, index): Row => [index, new Uint8Array(index * 13).fill(index)]);
    const written = rows.map((row) => encodeRow(row));
    expect(written.map((bytes) => cellsOf(decodeRow(bytes, 10_000)))).toEqual(rows);
  });

  test("lengths are checked before decoding", () => {
    expect(() => decodeRow(new Uint8Array(11), 10)).toThrow("row of 11 bytes exceeds 10");
  });
});

describe("beside another implementation", () => {
  test("rows have the same bytes", () => {
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 8 }), (row) => {
        const bytes = encodeRow(row);
        expect(Buffer.compare(bytes, cborg.encode(row))).toBe(0);
        expect(cellsOf(decodeRow(bytes, bytes.byteLength))).toEqual(row);
      }),
      { numRuns: 1_000 },
    );
  });

  test("of bytes that are nearly a row, those are accepted that it would write for cells", () => {
    const counts = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(nearlyRows, (bytes) => {
        const theirs = canonicalByOther(bytes);
        let ours: unknown;
        try {
          ours = cellsOf(decodeRow(bytes, 10_000));
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
        expect(ours).toEqual(theirs);
        counts[ours === undefined ? "refused" : "accepted"] += 1;
      }),
      { numRuns: 5_000, seed: 7_049 },
    );
    // Neither answer is the only one that was ever asked for.
    expect(counts.accepted).toBeGreaterThan(500);
    expect(counts.refused).toBeGreaterThan(500);
  });
});

/** Rows with one byte put in place of another, put in, or taken out. */
const nearlyRows: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.array(cell, { maxLength: 5 }), fc.nat(), fc.nat(255), fc.constantFrom("replace", "insert", "remove"))
  .map(([row, position, byte, change]) => {
    const bytes = [...encodeRow(row)];
    const at = position % bytes.length;
    if (change === "replace") bytes[at] = byte;
    else bytes.splice(at, change === "insert" ? 0 : 1, ...(change === "insert" ? [byte] : []));
    return new Uint8Array(bytes);
  });

/** The row in these bytes, if it is one of cells and they are its only encoding. */
function canonicalByOther(bytes: Uint8Array): unknown {
  try {
    const value: unknown = cborg.decode(bytes, { strict: true, allowBigInt: false });
    const isRow = Array.isArray(value) && value.every(isCell);
    return isRow && Buffer.compare(cborg.encode(value), bytes) === 0 ? value : undefined;
  } catch {
    return undefined;
  }
}

function isCell(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isCell);
  if (typeof value === "number") return Number.isSafeInteger(value);
  return ["string", "boolean"].includes(typeof value) || value === null || value instanceof Uint8Array;
}

/** All that is left in it, of whatever kind. */
function cellsOf(reader: RowReader): unknown[] {
  const cells: unknown[] = [];
  while (reader.remaining > 0) cells.push(reader.any("cell"));
  return cells;
}

describe("the number of cells", () => {
  const listOf = (cell: Cell, cells: number) => encodeRow(Array.from({ length: cells }, () => cell));
  const open = (cell: Cell, cells: number, rowBytesMax: number) => decodeRow(listOf(cell, cells), rowBytesMax);

  test("is bounded by the bytes that a row may have, lists included", () => {
    expect(open(null, 10_239, 20_000).remaining).toBe(10_239);
    expect(() => open(null, 10_240, 20_000)).toThrow(DecodeError);
    expect(open(null, 10_921, 1_048_576).remaining).toBe(10_921);
    expect(() => open(null, 10_922, 1_048_576)).toThrow(DecodeError);
  });

  test.each(["", new Uint8Array()])("counts text and bytes four times", (cell) => {
    expect(open(cell, 2_559, 20_000).remaining).toBe(2_559);
    expect(() => open(cell, 2_560, 20_000)).toThrow(DecodeError);
  });

  test("may be bounded by the caller instead", () => {
    expect(decodeRow(listOf(null, 13_000), 20_000, 13_001).remaining).toBe(13_000);
    expect(() => decodeRow(listOf(null, 2), 20_000, 2)).toThrow(DecodeError);
  });
});

describe("RowReader", () => {
  const read = (...row: Cell[]) => decodeRow(encodeRow(row), 10_000);

  test("names the cell that does not fit", () => {
    expect(() => read("one").integer("term")).toThrow("row.term: expected a safe integer");
    expect(() => read(5).integer("term", 6)).toThrow("row.term: 5 is not in 6..");
    expect(() => read().text("key", 3)).toThrow("row.key: missing");
    expect(() => read("abcd").text("key", 3)).toThrow("row.key: longer than 3 bytes");
    expect(() => read("éé").text("key", 3)).toThrow("row.key: longer than 3 bytes");
    expect(() => read(new Uint8Array(3)).fixedBytes("hash", 32)).toThrow("row.hash: expected 32 bytes");
    expect(() => read("blue").word("colour", ["red", "green"])).toThrow("row.colour: expected red or green");
    expect(() => read([1, 2, 3]).list("ids", 2, (items) => items.integer("id"))).toThrow("row.ids: 3 items exceed 2");
    expect(() => read(1, 2).end()).toThrow("row: 2 cells too many");
  });

  test("reads optional cells, lists and nested rows in order", () => {
    const reader = read(null, 4, [1, 2], ["a", true]);
    expect(reader.optional((cells) => cells.integer("lease"))).toBeUndefined();
    expect(reader.optional((cells) => cells.integer("lease"))).toBe(4);
    expect(reader.list("ids", 2, (items) => items.integer("id"))).toEqual([1, 2]);
    const nested = reader.row("nested");
    expect([nested.text("key", 1), nested.boolean("flag")]).toEqual(["a", true]);
    nested.end();
    reader.end();
  });
});
