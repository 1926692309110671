import { defineTarget, bytesOfHex, throwing } from "@aspenjs/fuzz";
import fc from "fast-check";
import { DecodeError } from "../../src/decode-error.ts";
import type { RowReader } from "../../src/row-reader.ts";
import { decodeRow, encodeRow, type Cell, type Row } from "../../src/row.ts";

const ROW_BYTES_MAX = 1_048_576;
const HEAD_BYTES = [1, 2, 4, 8];
const BYTES = 2;
const TEXT = 3;
const LIST = 4;
const NULL = 0xf6;
const FLOAT_FIRST = 0xf9;
const FLOAT_LAST = 0xfb;

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

/** Asks the reader for what the heads announce, one cell after the other: the bytes are their own schema. */
class SchemaOfBytes {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  row(reader: RowReader): Row {
    this.#skipHead();
    return this.#cells(reader);
  }

  #cells(reader: RowReader): Row {
    const cells: Cell[] = [];
    while (reader.remaining > 0) cells.push(this.#cell(reader));
    reader.end();
    return cells;
  }

  #cell(reader: RowReader): Cell {
    const head = this.#bytes[this.#at] ?? 0;
    const argument = this.#skipHead();
    switch (head >> 5) {
      case BYTES:
        this.#at += argument;
        return reader.bytes("bytes", ROW_BYTES_MAX);
      case TEXT:
        this.#at += argument;
        return reader.text("text", ROW_BYTES_MAX);
      case LIST:
        return this.#cells(reader.row("list"));
      case 0:
      case 1:
        return reader.integer("integer", Number.MIN_SAFE_INTEGER);
      default:
        if (head >= FLOAT_FIRST && head <= FLOAT_LAST) return reader.integer("float", Number.MIN_SAFE_INTEGER);
        return head === NULL ? (reader.optional((cells) => cells.boolean("null")) ?? null) : reader.boolean("boolean");
    }
  }

  #skipHead(): number {
    const additional = (this.#bytes[this.#at] ?? 0) & 31;
    const argumentBytes = additional < 24 ? 0 : (HEAD_BYTES[additional - 24] ?? 0);
    const argument = this.#bytes.subarray(this.#at + 1, this.#at + 1 + argumentBytes);
    this.#at += 1 + argumentBytes;
    return additional < 24 ? additional : argument.reduce((value, byte) => value * 256 + byte, 0);
  }
}

export const target = defineTarget<Row>({
  name: "codec/row",
  decodes: "a row of any cells",
  covers: ["decodeRow"],
  frameBytesMax: ROW_BYTES_MAX,
  seeds: () => [
    encodeRow([]),
    encodeRow([7, "key", new Uint8Array([1, 2, 3]), null, true, [[], [-1, ""]], Number.MAX_SAFE_INTEGER]),
    ...bytesOfHex("83030700", "8403080143010203"),
  ],
  values: fc.array(cell, { maxLength: 8 }),
  decode: throwing((bytes) => new SchemaOfBytes(bytes).row(decodeRow(bytes, ROW_BYTES_MAX)), DecodeError),
  encode: { form: "canonical", write: encodeRow },
  canaries: [
    {
      name: "any number of cells",
      file: "packages/codec/src/strict-tokenizer.ts",
      find: "if (this.#cellsLeft < 0)",
      replace: "if (this.#cellsLeft < -1e9)",
    },
    {
      name: "malformed UTF-8 is repaired",
      file: "packages/codec/src/strict-tokenizer.ts",
      find: 'new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })',
      replace: 'new TextDecoder("utf-8", { fatal: false, ignoreBOM: true })',
    },
    {
      name: "floats read as integers",
      file: "packages/codec/src/strict-tokenizer.ts",
      find: "if (head >= FIRST_FLOAT && head <= LAST_FLOAT)",
      replace: "if (token === undefined)",
    },
    {
      name: "what follows a row is ignored",
      file: "packages/codec/src/row.ts",
      find: "if (!tokenizer.done())",
      replace: "if (tokenizer === undefined)",
    },
    {
      name: "integers that are not minimal",
      file: "packages/codec/src/row.ts",
      find: "  strict: true,",
      replace: "  strict: false,",
    },
    {
      name: "the cause of a refusal escapes",
      file: "packages/codec/src/row.ts",
      find: 'throw new DecodeError("not a canonical row", { cause });',
      replace: "throw cause;",
    },
  ],
});
