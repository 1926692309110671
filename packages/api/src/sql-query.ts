import type { CallOptions } from "./call-options.ts";
import type { ReadConsistency, ReadLabel } from "./read.ts";

/**
 * One value of SQL. An INTEGER is a number as long as it is a safe one, and a bigint beyond; a REAL is a number; TEXT is
 * a string, a BLOB its bytes.
 */
export type SqlCell = null | number | bigint | string | Uint8Array;

/** What stands for a `?`. Whole numbers are bound as INTEGER, other numbers as REAL, booleans as 1 and 0. */
export type SqlParameter = SqlCell | boolean;

/**
 * One `SELECT` (`WITH` and `VALUES` included) or `EXPLAIN QUERY PLAN` over two views:
 *
 * - `kv(key, value, value_text, version, create_revision, mod_revision, lease_id)`
 * - `leases(lease_id, ttl_ms, deadline_ms, key_count)`, where `deadline_ms` is a log time
 */
export interface SqlQueryRequest {
  /** Default: `linearizable`. */
  readonly consistency?: ReadConsistency;
  /** At most 64 KiB of UTF-8. */
  readonly sql: string;
  /** One for each `?` of the statement, at most 100. */
  readonly parameters?: readonly SqlParameter[];
}

/** All of one moment. */
export interface SqlTable {
  readonly columns: readonly string[];
  /** Each with one cell for every column. */
  readonly rows: readonly (readonly SqlCell[])[];
}

export interface SqlQueryResult extends ReadLabel, SqlTable {}

/** Where the state can be asked in SQL. Nothing can be changed this way. */
export interface SqlStore {
  /**
   * Takes 5 s unless told otherwise, at most 30 s.
   * @throws AspenError `invalid_request` (no statement that may be asked), `batch_too_large` (more than 10,000 rows or
   * 4 MiB, or too many cells: nothing is cut silently), `timeout` (it was interrupted), `resource_exhausted` (too much
   * memory, or too many queries at once), `unsupported` (the node's state machine has no SQL)
   */
  query(request: SqlQueryRequest, options?: CallOptions): Promise<SqlQueryResult>;
}
