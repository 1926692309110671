import { AspenError } from "./aspen-error.ts";
import { utf8ByteLength } from "./key.ts";
import { limits } from "./limits.ts";
import type { SqlCell, SqlParameter } from "./sql-query.ts";

const INTEGER_MIN = -(2n ** 63n);
const INTEGER_MAX = 2n ** 63n - 1n;
/** What a cell takes beside its text or bytes, about. */
const CELL_BYTES = 9;

/**
 * Whether a statement may be handed to whoever understands SQL: its size, its characters, its parameters.
 * @throws AspenError `invalid_request`
 */
export function assertSqlQuery(sql: string, parameters: readonly SqlParameter[]): void {
  if (sql.trim().length === 0) throw invalid("a query needs a statement");
  if (!sql.isWellFormed()) throw invalid("a statement must not hold an unpaired surrogate");
  // SQLite would read up to there and no further.
  if (sql.includes("\u0000")) throw invalid("a statement must not hold U+0000; char(0) means it");
  assertAtMost("a statement", utf8ByteLength(sql), limits.sqlTextBytesMax, "bytes");
  assertAtMost("a query", parameters.length, limits.sqlParametersMax, "parameters");
  const size = parameters.reduce<number>((sum, parameter) => sum + parameterByteLength(parameter), 0);
  assertAtMost("all parameters together", size, limits.sqlParameterBytesMax, "bytes");
}

/** @throws AspenError `invalid_request`: more time than a query may take */
export function assertSqlDeadline(deadlineMs: number): void {
  assertAtMost("a query", deadlineMs, limits.sqlDeadlineMsMax, "ms");
}

/** Bytes of one cell, and the weight that `limits.sqlResultWeightMax` bounds. */
function sqlCellSize(cell: SqlCell): { readonly bytes: number; readonly weight: number } {
  if (typeof cell === "string") return { bytes: CELL_BYTES + utf8ByteLength(cell), weight: 4 };
  if (cell instanceof Uint8Array) return { bytes: CELL_BYTES + cell.byteLength, weight: 4 };
  const isPlain = cell === null || Number.isSafeInteger(cell);
  return { bytes: isPlain ? CELL_BYTES : 3 * CELL_BYTES, weight: isPlain ? 1 : 5 };
}

/** Counts what a result comes to, as its rows arrive. */
export class SqlResultBudget {
  #bytes = 0;
  #weight = 0;
  #rows = -1;

  /** The names of the columns come first. @throws AspenError `batch_too_large` */
  add(row: readonly SqlCell[]): void {
    this.#rows += 1;
    for (const cell of row) {
      const { bytes, weight } = sqlCellSize(cell);
      this.#bytes += bytes;
      this.#weight += weight;
    }
    if (this.#rows > limits.sqlRowsMax) throw tooLarge(`more than ${limits.sqlRowsMax} rows`);
    if (this.#bytes > limits.sqlResultBytesMax) throw tooLarge(`more than ${limits.sqlResultBytesMax} bytes`);
    if (this.#weight > limits.sqlResultWeightMax) throw tooLarge("too many cells");
  }
}

function tooLarge(excess: string): AspenError {
  return new AspenError("batch_too_large", `the result has ${excess}; add a LIMIT or a narrower WHERE`);
}

function parameterByteLength(parameter: SqlParameter): number {
  switch (typeof parameter) {
    case "string":
      if (!parameter.isWellFormed()) throw invalid("a parameter must not hold an unpaired surrogate");
      return utf8ByteLength(parameter);
    case "bigint":
      if (parameter < INTEGER_MIN || parameter > INTEGER_MAX) throw invalid("an integer of SQL has 64 bits");
      return CELL_BYTES;
    case "number":
      if (Number.isNaN(parameter)) throw invalid("a parameter must not be NaN");
      return CELL_BYTES;
    case "boolean":
      return CELL_BYTES;
    default:
      if (parameter === null) return CELL_BYTES;
      if (parameter instanceof Uint8Array) return parameter.byteLength;
      throw invalid("a parameter is null, a boolean, a number, a bigint, text or bytes");
  }
}

function assertAtMost(what: string, size: number, max: number, unit: string): void {
  if (size <= max) return;
  throw new AspenError("invalid_request", `${what} has at most ${max} ${unit}`, { details: { size, max } });
}

function invalid(message: string): AspenError {
  return new AspenError("invalid_request", message);
}
