import { Buffer } from "node:buffer";
import { AspenError, assert, SqlResultBudget, type SqlCell, type SqlParameter, type SqlReadResult } from "@aspenjs/api";
import { openReader } from "./open-database.ts";
import { statementProblem, type ReadStatement, type SqlStatementGate } from "./sql-statement-gate.ts";
import { viewsFor } from "./sql-views.ts";
import { plainBytes } from "./state-schema.ts";

/** What a process is told to read. */
export interface SqlTask {
  readonly databasePath: string;
  readonly sql: string;
  readonly parameters: readonly SqlParameter[];
  readonly keyPrefixes: readonly string[];
  readonly appliedIndexMin: number;
  readonly deadlineMs: number;
}

export type SqlTaskOutcome =
  | { readonly kind: "read"; readonly result: SqlReadResult }
  | {
      readonly kind: "refused";
      readonly code: AspenError["code"];
      readonly message: string;
      readonly retryable: boolean;
    };

/** On a connection of its own, so that no statement leaves anything to another, and a file that was replaced is found. */
export function performSqlTask(task: SqlTask, gate: SqlStatementGate): SqlTaskOutcome {
  try {
    const database = openReader(task.databasePath, (opened) => opened.exec(viewsFor(task.keyPrefixes)));
    try {
      // One read transaction: rows and position are those of one commit.
      database.exec("BEGIN");
      const [appliedIndex, revision] = positionOf(database);
      if (appliedIndex < task.appliedIndexMin) {
        throw new AspenError("unavailable", `the state is at ${appliedIndex}, not yet at ${task.appliedIndexMin}`);
      }
      const parameters = task.parameters.map(boundValue);
      const statement = gate.admit(task.sql, parameters, database);
      return { kind: "read", result: { ...tableOf(statement, parameters), appliedIndex, revision } };
    } finally {
      database.close();
    }
  } catch (error) {
    const { code, message, retryable } = statementProblem(error);
    return { kind: "refused", code, message, retryable };
  }
}

function positionOf(database: ReturnType<typeof openReader>): readonly [appliedIndex: number, revision: number] {
  const row = database.prepare<[], [number, number]>("SELECT log_index, revision FROM main.applied").raw().get();
  assert(row !== undefined, "a state has a position");
  return row;
}

function tableOf(statement: ReadStatement, parameters: readonly SqlCell[]): Pick<SqlReadResult, "columns" | "rows"> {
  const columns = statement.columns().map((column) => column.name);
  const budget = new SqlResultBudget();
  budget.add(columns);
  const rows: SqlCell[][] = [];
  for (const row of statement
    .raw()
    .safeIntegers()
    .iterate(...parameters)) {
    const cells = row.map(cellOf);
    budget.add(cells);
    rows.push(cells);
  }
  return { columns, rows };
}

/** The driver binds every number as REAL, and takes bytes as a Buffer. */
function boundValue(parameter: SqlParameter): SqlCell {
  if (typeof parameter === "boolean") return parameter ? 1n : 0n;
  if (typeof parameter === "number" && Number.isSafeInteger(parameter)) return BigInt(parameter);
  return parameter instanceof Uint8Array ? Buffer.from(parameter) : parameter;
}

function cellOf(value: SqlCell): SqlCell {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  return value instanceof Buffer ? plainBytes(value) : value;
}
