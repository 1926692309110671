import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError } from "./decode-error.ts";
import { decodeRow, encodeRow, type Cell } from "./row.ts";

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

  test("lengths are checked before decoding", () => {
    expect(() => decodeRow(new Uint8Array(11), 10)).toThrow("row of 11 bytes exceeds 10");
  });
});

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
