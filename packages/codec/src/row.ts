import { encode, tokensToObject, type DecodeOptions } from "cborg";
import { DecodeError } from "./decode-error.ts";
import { limits } from "./limits.ts";
import { RowReader } from "./row-reader.ts";
import { StrictTokenizer } from "./strict-tokenizer.ts";

/**
 * What one place of a row can hold. Numbers are safe integers; absence is `null`; there are no floats, no maps
 * and no tags, so every value has exactly one encoding (RFC 8949 section 4.2, core deterministic encoding).
 */
export type Cell = number | string | boolean | null | Uint8Array | readonly Cell[];

/** A row is a positional list of cells: the order is the schema, and the writer and the reader both state it. */
export type Row = readonly Cell[];

const TOKEN_OPTIONS = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: true,
} as const;

const VALUE_OPTIONS: DecodeOptions = { useMaps: true, rejectDuplicateMapKeys: true };

export function encodeRow(row: Row): Uint8Array {
  return encode(row);
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
  // A Buffer hands out views of itself where a plain array hands out copies: what is decoded must own its memory.
  const isPlain = Object.getPrototypeOf(bytes) === Uint8Array.prototype;
  const plain = isPlain ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tokenizer = new StrictTokenizer(plain, TOKEN_OPTIONS, rowCellsMax);
  return RowReader.of("row", readValue(tokenizer));
}

/**
 * What the library's `decode` does, but for merging its options anew for every row. Of nothing, and of a break where none
 * belongs, it makes symbols, which are no rows either.
 */
function readValue(tokenizer: StrictTokenizer): unknown {
  let value: unknown;
  try {
    value = tokensToObject(tokenizer, VALUE_OPTIONS);
  } catch (cause) {
    throw new DecodeError("not a canonical row", { cause });
  }
  if (!tokenizer.done()) throw new DecodeError("not a canonical row: something follows it");
  return value;
}

function cellsMaxOf(rowBytesMax: number): number {
  return Math.max(limits.rowCellsMin, Math.floor(rowBytesMax / limits.rowBytesPerCell));
}
