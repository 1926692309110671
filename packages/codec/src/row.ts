import { assert } from "@aspenjs/api";
import type { Cell, Row } from "./cell.ts";
import { CellParser } from "./cell-parser.ts";
import { CellWriter } from "./cell-writer.ts";
import { DecodeError } from "./decode-error.ts";
import { headLength } from "./head.ts";
import { limits } from "./limits.ts";
import { RowReader } from "./row-reader.ts";
import { SlabAllocator } from "./slab-allocator.ts";
import { utf8Length } from "./utf8.ts";

/** As Node has for its buffers. */
const SLAB_BYTES = 8_192;
const slabs = new SlabAllocator(SLAB_BYTES);
const writer = new CellWriter();

/** Measures first and writes then. Short rows share the memory behind them: it must not be transferred to a thread. */
export function encodeRow(row: Row): Uint8Array {
  const bytes = slabs.take(cellLength(row));
  writer.moveTo(bytes, 0);
  writeCell(row);
  assert(writer.offset === bytes.byteLength, "a row is as long as was measured");
  return bytes;
}

/**
 * Opens a row for reading. Only canonical bytes pass: trailing bytes, indefinite lengths and non-minimal integers
 * are refused. The byte length is checked before anything is allocated, and cells are counted as they come: with the
 * default bound, decoding allocates at most about twice `rowBytesMax`, whatever the bytes are.
 * @throws DecodeError
 */
export function decodeRow(
  bytes: Uint8Array,
  rowBytesMax: number,
  rowCellsMax: number = cellsMaxOf(rowBytesMax),
): RowReader {
  if (bytes.byteLength > rowBytesMax) {
    throw new DecodeError(`row of ${bytes.byteLength} bytes exceeds ${rowBytesMax}`);
  }
  const parser = new CellParser(bytes, rowCellsMax);
  const reader = RowReader.of("row", parser.cell());
  if (!parser.isDone) throw new DecodeError("not a canonical row: something follows it");
  return reader;
}

function cellLength(cell: Cell): number {
  switch (typeof cell) {
    case "number":
      return headLength(cell < 0 ? -1 - cell : cell);
    case "string": {
      const byteLength = utf8Length(cell);
      return headLength(byteLength) + byteLength;
    }
    case "boolean":
      return 1;
    default:
  }
  if (cell === null) return 1;
  if (cell instanceof Uint8Array) return headLength(cell.byteLength) + cell.byteLength;
  let byteLength = headLength(cell.length);
  for (const inner of cell) byteLength += cellLength(inner);
  return byteLength;
}

function writeCell(cell: Cell): void {
  switch (typeof cell) {
    case "number":
      return writer.integer(cell);
    case "string":
      return writer.text(cell, utf8Length(cell));
    case "boolean":
      return writer.boolean(cell);
    default:
  }
  if (cell === null) return writer.nothing();
  if (cell instanceof Uint8Array) return writer.bytes(cell);
  writer.list(cell.length);
  for (const inner of cell) writeCell(inner);
}

function cellsMaxOf(rowBytesMax: number): number {
  return Math.max(limits.rowCellsMin, Math.floor(rowBytesMax / limits.rowBytesPerCell));
}
