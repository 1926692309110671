import type { SqlCell, SqlParameter, SqlQueryResult } from "@aspenjs/api";
import { labelJson } from "../entry-view.ts";
import { limits } from "../limits.ts";
import type { JsonValue, Report } from "../output-format.ts";
import { printable } from "../printable.ts";
import { formatTable } from "../table.ts";

export function sqlReport(result: SqlQueryResult): Report {
  const { columns, rows } = result;
  return {
    json: { columns, rows: rows.map((row) => row.map(cellJson)), ...labelJson(result) },
    jsonLines: rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, cellJson(row[at] ?? null)]))),
    table: ({ style, widthMax }) => {
      const headings = columns.map((name, at) => ({
        heading: printable(name),
        align:
          rows.length > 0 && rows.every((row) => isNumber(row[at] ?? null)) ? ("right" as const) : ("left" as const),
      }));
      return formatTable(
        headings,
        rows.map((row) => row.map(cellText)),
        { style, widthMax },
      );
    },
    raw: () => rawBytes(result),
  };
}

/** A word of the command line: a number where it looks like one, and text where it does not. */
export function parameterOf(word: string): SqlParameter {
  if (/^-?(?:0|[1-9]\d*)$/.test(word)) {
    const number = Number(word);
    return Number.isSafeInteger(number) ? number : BigInt(word);
  }
  return /^-?\d+\.\d+$/.test(word) ? Number(word) : word;
}

function isNumber(cell: SqlCell): boolean {
  return typeof cell === "number" || typeof cell === "bigint";
}

/** What JSON cannot say is text: integers beyond 2^53, infinities; and bytes are base64. */
function cellJson(cell: SqlCell): JsonValue {
  if (cell instanceof Uint8Array) return { base64: Buffer.from(cell).toString("base64") };
  if (typeof cell === "bigint") return String(cell);
  return typeof cell === "number" && !Number.isFinite(cell) ? String(cell) : cell;
}

function cellText(cell: SqlCell): string {
  if (cell === null) return "NULL";
  if (typeof cell === "string") return printable(cell);
  if (!(cell instanceof Uint8Array)) return String(cell);
  const shown = Buffer.from(cell.subarray(0, limits.sqlBlobBytesShown)).toString("hex");
  return cell.byteLength > limits.sqlBlobBytesShown ? `x'${shown}'… ${cell.byteLength} bytes` : `x'${shown}'`;
}

/** One cell is printed byte for byte; of several, tabs stand between columns, and line feeds behind rows. */
function rawBytes({ columns, rows }: SqlQueryResult): Uint8Array {
  const [first] = rows;
  if (rows.length === 1 && columns.length === 1 && first !== undefined) return cellBytes(first[0] ?? null);
  const separators = columns.map((_name, at) => Buffer.from(at === columns.length - 1 ? "\n" : "\t"));
  return Buffer.concat(
    rows.flatMap((row) => row.flatMap((cell, at) => [cellBytes(cell), separators[at] ?? new Uint8Array()])),
  );
}

function cellBytes(cell: SqlCell): Uint8Array {
  if (cell instanceof Uint8Array) return cell;
  return Buffer.from(cell === null ? "" : String(cell));
}
