/**
 * Which statements of strangers are run. The driver knows no authorizer, so SQLite itself is asked in other ways.
 *
 * Invariants
 * V1  The statement begins with SELECT, WITH or VALUES, after EXPLAIN QUERY PLAN perhaps. No other one is even compiled:
 *     a pragma takes effect while it is.
 * V2  It is one statement, which SQLite says reads and returns rows.
 * V3  It compiles where there is nothing but two views named `kv` and `leases`. So it names no table of the state: names
 *     are resolved by the same parser, in whatever quotes and comments they come.
 * V4  Its bytecode opens no table and index but those behind the views; not the schema either, which every database
 *     has. Of virtual tables it opens none but those of JSON.
 * V5  It calls no function that reaches outside of the database.
 */
import { AspenError, type SqlCell } from "@aspenjs/api";
import { SqliteError, type Database, type Statement } from "better-sqlite3";
import { openNothing } from "./open-database.ts";
import { DECOY_VIEWS, VIEWED_TABLES } from "./sql-views.ts";

interface Operation {
  readonly opcode: string;
  readonly p2: number;
  readonly p3: number;
  readonly p4: string | null;
}

/** A row as the driver hands it out: every INTEGER is a bigint. */
export type DriverRow = readonly SqlCell[];
export type ReadStatement = Statement<unknown[], DriverRow>;

/** White space and comments as SQLite knows them. What is white space here alone is an error there. */
const NOTHING = String.raw`(?:\s|--[^\n]*(?:\n|$)|/\*[\s\S]*?\*/)`;
const QUERY = new RegExp(String.raw`^${NOTHING}*(?:EXPLAIN${NOTHING}+QUERY${NOTHING}+PLAN${NOTHING}+)?`, "i");
const READING_WORD = /^(?:SELECT|WITH|VALUES)(?![\w$\u0080-\uffff])/i;
const JSON_TABLE = /jsonb?_(?:each|tree)/;
const MAIN_DATABASE = 0;

const WRITING_OPCODES: ReadonlySet<string> = new Set([
  ...["OpenWrite", "AutoCommit", "Savepoint", "Checkpoint", "JournalMode", "Vacuum", "IncrVacuum", "CreateBtree"],
  ...["SetCookie", "ParseSchema", "LoadAnalysis", "Destroy", "Clear", "Expire", "SqlExec", "IntegrityCk"],
  ...["VBegin", "VCreate", "VDestroy", "VRename", "VUpdate", "VCheck", "Pagecount", "MaxPgcnt", "ReadCookie"],
]);
const OUTWARD_FUNCTIONS: ReadonlySet<string> = new Set(["load_extension", "fts3_tokenizer", "readfile", "writefile"]);

export class SqlStatementGate {
  readonly #decoy: Database;
  /** Virtual tables that can be read without being created, and pragmas that pose as one. */
  readonly #tableFunctions: readonly string[];

  constructor() {
    this.#decoy = openNothing();
    const modules = this.#decoy.prepare<[], string>("SELECT name FROM pragma_module_list").pluck().all();
    this.#tableFunctions = ["pragma_", "sqlite_", ...modules.filter((name) => !JSON_TABLE.test(name))];
    this.#decoy.exec(DECOY_VIEWS);
  }

  /** @throws AspenError `invalid_request`; what SQLite and its driver throw about a wrong statement */
  admit(sql: string, parameters: readonly SqlCell[], database: Database): ReadStatement {
    const query = sql.slice(QUERY.exec(sql)?.[0].length ?? 0);
    if (!READING_WORD.test(query)) {
      throw refused("a query is one SELECT, WITH … SELECT or VALUES, or EXPLAIN QUERY PLAN of one (V1)");
    }
    assertReading(this.#decoy.prepare(query));
    this.#checkOperations(operationsOf(this.#decoy, query, parameters), new Set(), query);
    const statement = database.prepare<unknown[], DriverRow>(sql);
    assertReading(statement);
    this.#checkOperations(operationsOf(database, query, parameters), viewedRootPages(database), query);
    return statement;
  }

  #checkOperations(operations: readonly Operation[], rootPages: ReadonlySet<number>, query: string): void {
    for (const { opcode, p2, p3, p4 } of operations) {
      if (WRITING_OPCODES.has(opcode)) throw refused("a query only reads (V2)");
      if (opcode === "Transaction" && p2 !== 0) throw refused("a query only reads (V2)");
      const isTable = opcode === "OpenRead" || opcode === "ReopenIdx";
      if (isTable && !(p3 === MAIN_DATABASE && rootPages.has(p2))) {
        throw refused("a query reads kv and leases, and no other table (V4)");
      }
      if (opcode === "VOpen") this.#assertJsonAlone(query);
      const name = /^(.+)\(-?\d+\)$/.exec(p4 ?? "")?.[1];
      if (name !== undefined && OUTWARD_FUNCTIONS.has(name)) throw refused(`${name}() cannot be called (V5)`);
    }
  }

  /**
   * The bytecode does not name a virtual table. But a name can only stand in the text as it is, so a text without the
   * names of the others means the tables of JSON.
   */
  #assertJsonAlone(query: string): void {
    const text = query.toLowerCase();
    const isOther = this.#tableFunctions.some((name) => text.includes(name));
    if (isOther || !JSON_TABLE.test(text)) {
      throw refused("of table-valued functions a query calls json_each and json_tree alone (V4)");
    }
  }
}

function assertReading(statement: Statement): void {
  if (!statement.reader || !statement.readonly) throw refused("a query only reads (V2)");
}

/** With the values of its parameters: SQLite may compile it anew for them. */
function operationsOf(database: Database, query: string, parameters: readonly SqlCell[]): readonly Operation[] {
  return database.prepare<SqlCell[], Operation>(`EXPLAIN ${query}`).all(...parameters);
}

function viewedRootPages(database: Database): ReadonlySet<number> {
  const names = VIEWED_TABLES.map((name) => `'${name}'`).join(", ");
  const select = `SELECT rootpage FROM main.sqlite_schema WHERE tbl_name IN (${names})`;
  return new Set(database.prepare<[], number>(select).pluck().all());
}

function refused(message: string): AspenError {
  return new AspenError("invalid_request", message);
}

/** What SQLite and its driver find wrong with a statement; anything else is a bug. */
export function statementProblem(error: unknown): AspenError {
  if (error instanceof AspenError) return error;
  if (error instanceof SqliteError) return sqliteProblem(error);
  if (error instanceof TypeError && /named parameter/i.test(error.message)) {
    return refused("the parameters of a query are plain ?, without numbers and names");
  }
  // Too few parameters, more than one statement: the driver says so.
  if (error instanceof RangeError || error instanceof TypeError) {
    return new AspenError("invalid_request", error.message, { cause: error });
  }
  if (error instanceof Error && "code" in error && error.code === "ERR_STRING_TOO_LONG") {
    return new AspenError("batch_too_large", "a text of the result is too long", { cause: error });
  }
  throw error;
}

function sqliteProblem(error: Error & { readonly code: string }): AspenError {
  const code = error.code.split("_").slice(0, 2).join("_");
  const options = { cause: error };
  switch (code) {
    case "SQLITE_TOOBIG":
      return new AspenError("batch_too_large", error.message, options);
    case "SQLITE_NOMEM":
      return new AspenError("resource_exhausted", error.message, { ...options, retryable: false });
    case "SQLITE_BUSY":
    case "SQLITE_CANTOPEN":
    case "SQLITE_PROTOCOL":
    case "SQLITE_SCHEMA":
      return new AspenError("unavailable", `the state cannot be read now: ${error.message}`, options);
    case "SQLITE_CORRUPT":
    case "SQLITE_NOTADB":
      return new AspenError("corrupt", error.message, options);
    case "SQLITE_IOERR":
      return new AspenError("internal", error.message, options);
    default:
      return new AspenError("invalid_request", error.message, options);
  }
}
