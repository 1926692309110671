import type { LogIndex } from "../log-id.ts";
import type { Revision } from "../key-value-entry.ts";
import type { SqlParameter, SqlTable } from "../sql-query.ts";

/** A statement that has passed `assertSqlQuery`, and what it may see and take. */
export interface SqlReading {
  readonly sql: string;
  readonly parameters: readonly SqlParameter[];
  /** Keys outside of all of these do not exist for it. Empty for every key. Keys of the system never do. */
  readonly keyPrefixes: readonly string[];
  /** The state that is read has applied at least this much of the log. */
  readonly appliedIndexMin: LogIndex;
  /** Waiting for its turn included. */
  readonly deadlineMs: number;
  /** The answer is wanted no more: it is interrupted. */
  readonly signal?: AbortSignal;
}

/** Rows and position are those of one moment. */
export interface SqlReadResult extends SqlTable {
  readonly appliedIndex: LogIndex;
  readonly revision: Revision;
}

/** Asks the replicated state in SQL, beside whatever is applied meanwhile. */
export interface SqlReader {
  /** @throws AspenError as `SqlStore.query` does; retryable `unavailable` while the state is being replaced */
  read(reading: SqlReading): Promise<SqlReadResult>;
}
