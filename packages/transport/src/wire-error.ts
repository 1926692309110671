import { AspenError, ERROR_CODES, type ErrorCode, type ErrorDetails } from "@aspenjs/api";
import { DecodeError, decodeRow, encodeRow, type Cell, type RowReader } from "@aspenjs/codec";

const MESSAGE_BYTES_MAX = 1_024;
const DETAILS_MAX = 16;
const DETAIL_NAME_BYTES_MAX = 64;
const DETAIL_TEXT_BYTES_MAX = 512;
const CODE_BYTES_MAX = 32;
const CELLS_PER_DETAIL = 3;
const DETAIL_TEXT = 0;
const DETAIL_INTEGER = 1;
const DETAIL_BOOLEAN = 2;
/** Room for all of the above with the row's own bytes. */
const ERROR_BYTES_MAX = 16 * 1_024;

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Error as a row: code, retryable, message, details as name, type, value in turn. Longer texts are cut, not refused. */
export function encodeWireError(error: AspenError): Uint8Array {
  const details = Object.entries(error.details).slice(0, DETAILS_MAX);
  return encodeRow([
    error.code,
    error.retryable,
    textOfAtMost(error.message, MESSAGE_BYTES_MAX),
    details.flatMap(([name, value]): Cell[] => [textOfAtMost(name, DETAIL_NAME_BYTES_MAX), ...detailCells(value)]),
  ]);
}

/** `undefined` for bytes that are no error. An unknown code, as a later release may have, reads as `internal`. */
export function decodeWireError(body: Uint8Array): AspenError | undefined {
  try {
    const row = decodeRow(body, ERROR_BYTES_MAX);
    const code = knownCode(row.text("code", CODE_BYTES_MAX));
    const retryable = row.boolean("retryable");
    const message = row.text("message", MESSAGE_BYTES_MAX);
    const details = readDetails(row.row("details"));
    row.end();
    return new AspenError(code, message, { retryable, details });
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function knownCode(text: string): ErrorCode {
  return ERROR_CODES.find((code) => code === text) ?? "internal";
}

function readDetails(cells: RowReader): ErrorDetails {
  if (cells.remaining > DETAILS_MAX * CELLS_PER_DETAIL) throw new DecodeError("details: too many");
  const details: [string, string | number | boolean][] = [];
  while (cells.remaining > 0) details.push([cells.text("name", DETAIL_NAME_BYTES_MAX), readDetail(cells)]);
  // Names come from the peer, and `__proto__` may be one of them: here it becomes a property like any other.
  return Object.fromEntries(details);
}

function readDetail(cells: RowReader): string | number | boolean {
  switch (cells.integer("type", DETAIL_TEXT, DETAIL_BOOLEAN)) {
    case DETAIL_TEXT:
      return cells.text("value", DETAIL_TEXT_BYTES_MAX);
    case DETAIL_INTEGER:
      return cells.integer("value", Number.MIN_SAFE_INTEGER);
    default:
      return cells.boolean("value");
  }
}

function detailCells(value: string | number | boolean): readonly Cell[] {
  if (typeof value === "boolean") return [DETAIL_BOOLEAN, value];
  if (typeof value === "number" && Number.isSafeInteger(value)) return [DETAIL_INTEGER, value === 0 ? 0 : value];
  // Rows have no floats: such a number arrives as its digits.
  return [DETAIL_TEXT, textOfAtMost(String(value), DETAIL_TEXT_BYTES_MAX)];
}

function textOfAtMost(text: string, bytesMax: number): string {
  const wellFormed = text.toWellFormed();
  if (wellFormed.length * 3 <= bytesMax) return wellFormed;
  const bytes = new Uint8Array(bytesMax);
  const { written } = textEncoder.encodeInto(wellFormed, bytes);
  return textDecoder.decode(bytes.subarray(0, written));
}
