import { defineTarget, bytesOfHex, throwing } from "@aspenjs/fuzz";
import fc from "fast-check";
import type { Cell, Row } from "../../src/cell.ts";
import { DecodeError } from "../../src/decode-error.ts";
import type { RowReader } from "../../src/row-reader.ts";
import { decodeRow, encodeRow } from "../../src/row.ts";

const ROW_BYTES_MAX = 1_048_576;

const cell: fc.Arbitrary<Cell> = fc.letrec<{ cell: Cell }>((tie) => ({
  cell: fc.oneof(
    { maxDepth: 3 },
    fc.maxSafeInteger(),
    fc.string({ unit: "grapheme" }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 64 }),
    fc.array(tie("cell"), { maxLength: 5 }),
  ),
})).cell;

/** All cells, of whatever kind: what reads them by kind and bound has targets of its own. */
function cellsOf(reader: RowReader): Row {
  const cells: unknown[] = [];
  while (reader.remaining > 0) cells.push(reader.any("cell"));
  reader.end();
  return cells as Row;
}

export const target = defineTarget<Row>({
  name: "codec/row",
  decodes: "a row of any cells",
  covers: ["decodeRow"],
  frameBytesMax: ROW_BYTES_MAX,
  seeds: () => [
    encodeRow([]),
    encodeRow([7, "key", new Uint8Array([1, 2, 3]), null, true, [[], [-1, ""]], Number.MAX_SAFE_INTEGER]),
    encodeRow(["\uFEFF\uFFFD", "\u{10FFFF}".repeat(20)]),
    encodeRow(Array.from({ length: 100_000 }, () => new Uint8Array())),
    ...bytesOfHex("83030700", "8403080143010203"),
  ],
  values: fc.array(cell, { maxLength: 8 }),
  decode: throwing((bytes) => cellsOf(decodeRow(bytes, ROW_BYTES_MAX)), DecodeError),
  encode: { form: "canonical", write: encodeRow },
  canaries: [
    {
      name: "any number of cells",
      file: "packages/codec/src/cell-parser.ts",
      find: "if (this.#cellsLeft < 0)",
      replace: "if (this.#cellsLeft < -1e9)",
    },
    {
      name: "malformed UTF-8 is repaired",
      file: "packages/codec/src/utf8.ts",
      find: 'new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })',
      replace: 'new TextDecoder("utf-8", { fatal: false, ignoreBOM: true })',
    },
    {
      name: "a byte order mark is dropped",
      file: "packages/codec/src/utf8.ts",
      find: 'new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })',
      replace: 'new TextDecoder("utf-8", { fatal: true, ignoreBOM: false })',
    },
    {
      name: "a float reads as nothing",
      file: "packages/codec/src/cell-parser.ts",
      find: "if (head === NULL) return null;",
      replace: "if (head >= NULL) return null;",
    },
    {
      name: "what follows a row is ignored",
      file: "packages/codec/src/row.ts",
      find: "if (!parser.isDone)",
      replace: "if (parser === undefined)",
    },
    {
      name: "integers that are not minimal",
      file: "packages/codec/src/cell-parser.ts",
      find: "if (value < min)",
      replace: "if (value < 0)",
    },
    {
      name: "integers that are not safe",
      file: "packages/codec/src/cell-parser.ts",
      find: "if (!Number.isSafeInteger(value)) throw",
      replace: "if (Number.isNaN(value)) throw",
    },
    {
      name: "lists as deep as they like",
      file: "packages/codec/src/cell-parser.ts",
      find: "if (depth === limits.rowDepthMax)",
      replace: "if (depth === Infinity)",
    },
    {
      name: "the cause of a refusal escapes",
      file: "packages/codec/src/cell-parser.ts",
      find: 'throw new DecodeError("not a canonical row: malformed text", { cause });',
      replace: "throw cause;",
    },
  ],
});
