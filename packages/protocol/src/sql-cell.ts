/**
 * Values of SQL as cells. Rows hold no floats and no numbers beyond 2^53: a REAL is a list of its eight bytes (IEEE 754,
 * the first byte first), an INTEGER beyond a list of its decimal text. A number that is a safe integer is an integer
 * always, so that E1 holds. R2 bounds a table of them.
 */
import { AspenError, assert, limits, SqlResultBudget, type SqlCell, type SqlTable } from "@aspenjs/api";
import { DecodeError, RowReader, type Cell, type Row } from "@aspenjs/codec";

const REAL_BYTES = 8;
const LARGE_INTEGER = /^-?[1-9][0-9]{15,18}$/;
const INTEGER_MIN = -(2n ** 63n);
const INTEGER_MAX = 2n ** 63n - 1n;
const COLUMNS_MAX = 2_000;

export function sqlCell(value: SqlCell): Cell {
  if (typeof value === "bigint") return largeIntegerCell(value);
  if (typeof value !== "number") return value;
  assert(!Number.isNaN(value), "SQL has no NaN");
  // Minus zero is zero.
  return Number.isSafeInteger(value) ? value + 0 : [realBytes(value)];
}

/** @throws DecodeError */
export function readSqlCell(row: RowReader, bytesMax: number): SqlCell {
  const value = row.any("cell");
  if (value === null || Number.isSafeInteger(value)) return value as number | null;
  if (typeof value === "string" || value instanceof Uint8Array) return readContent(value, bytesMax);
  const number = RowReader.of("cell", value);
  const content = number.any("number");
  number.end();
  if (typeof content === "string") return readLargeInteger(content);
  if (content instanceof Uint8Array) return readReal(content);
  throw new DecodeError("a cell of SQL is null, an integer, text, bytes or a number in a list");
}

export function sqlTableCells({ columns, rows }: SqlTable): Row {
  const problem = tableProblem({ columns, rows });
  assert(problem === undefined, problem ?? "");
  for (const row of rows) assert(row.length === columns.length, "a row has a cell for every column");
  return [columns, rows.flatMap((row) => row.map(sqlCell))];
}

/** @throws DecodeError */
export function readSqlTable(row: RowReader): SqlTable {
  const columns = row.list("columns", COLUMNS_MAX, (items) => items.text("column", limits.sqlResultBytesMax));
  const cells = row.list("cells", limits.sqlResultWeightMax, (items) => readSqlCell(items, limits.sqlResultBytesMax));
  if (columns.length === 0 || cells.length % columns.length !== 0) throw new DecodeError("a row lacks cells");
  const rows: SqlCell[][] = [];
  for (let start = 0; start < cells.length; start += columns.length) {
    rows.push(cells.slice(start, start + columns.length));
  }
  const problem = tableProblem({ columns, rows });
  if (problem !== undefined) throw new DecodeError(problem);
  return { columns, rows };
}

function tableProblem({ columns, rows }: SqlTable): string | undefined {
  const budget = new SqlResultBudget();
  try {
    budget.add(columns);
    for (const row of rows) budget.add(row);
    return undefined;
  } catch (error) {
    if (error instanceof AspenError) return error.message;
    throw error;
  }
}

function readContent<Content extends string | Uint8Array>(content: Content, bytesMax: number): Content {
  // Of text a lower bound of its bytes; the whole is counted besides.
  if (content.length <= bytesMax) return content;
  throw new DecodeError(`a cell exceeds ${bytesMax} bytes`);
}

function largeIntegerCell(value: bigint): Cell {
  assert(value >= INTEGER_MIN && value <= INTEGER_MAX, "an INTEGER has 64 bits");
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : [String(value)];
}

function readLargeInteger(text: string): bigint {
  if (!LARGE_INTEGER.test(text)) throw new DecodeError("not a large integer");
  const value = BigInt(text);
  if (value < INTEGER_MIN || value > INTEGER_MAX) throw new DecodeError("an INTEGER has 64 bits");
  if (Number.isSafeInteger(Number(value))) throw new DecodeError("a small integer as a large one");
  return value;
}

function realBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(REAL_BYTES);
  new DataView(bytes.buffer).setFloat64(0, value);
  return bytes;
}

function readReal(bytes: Uint8Array): number {
  if (bytes.byteLength !== REAL_BYTES) throw new DecodeError("a REAL has eight bytes");
  const value = new DataView(bytes.buffer, bytes.byteOffset, REAL_BYTES).getFloat64(0);
  if (Number.isNaN(value) || Number.isSafeInteger(value)) throw new DecodeError("not a REAL in its one form");
  return value;
}
