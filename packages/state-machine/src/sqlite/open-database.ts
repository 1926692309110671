import BetterSqlite3, { SqliteError, type Database } from "better-sqlite3";

const NODE_MAJOR_MIN = 22;
const BUSY_TIMEOUT_MS = 5_000;
const CACHE_KIBIBYTES = 65_536;
const READER_CACHE_KIBIBYTES = 16_384;

/** Below this Node the binding ends the process at the first database, without a word. */
export function assertNodeVersion(version: string): void {
  const major = Number(version.split(".")[0]);
  if (!(major >= NODE_MAJOR_MIN)) {
    throw new Error(`the SQLite state machine needs Node ${NODE_MAJOR_MIN} or newer; this is ${version}`);
  }
}

/**
 * The connection that writes. `synchronous = NORMAL`: a commit is not synced; what a power cut takes is applied again
 * from the log, and what is left is always a prefix of the commits. Checkpoints are left to the maintenance.
 */
export function openWriter(path: string): Database {
  const database = openAny(path, {});
  try {
    const mode = database.pragma("journal_mode = WAL", { simple: true });
    if (mode !== "wal") throw new SqliteError("the file system cannot hold a write-ahead log", "SQLITE_CANTOPEN");
    database.pragma("synchronous = NORMAL");
    database.pragma("wal_autocheckpoint = 0");
    database.pragma(`cache_size = -${CACHE_KIBIBYTES}`);
    database.pragma("temp_store = MEMORY");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A further connection to a file that a writer has open: for checkpoints and for long reads. */
export function openBeside(path: string): Database {
  const database = openAny(path, { fileMustExist: true });
  database.pragma("synchronous = NORMAL");
  database.pragma("wal_autocheckpoint = 0");
  return database;
}

/** For statements of strangers: nothing can be written, and whatever is sorted or kept meanwhile is in memory. */
export function openReader(path: string, prepare: (database: Database) => void): Database {
  const database = openAny(path, { fileMustExist: true, readonly: true });
  try {
    database.pragma("temp_store = MEMORY");
    database.pragma(`cache_size = -${READER_CACHE_KIBIBYTES}`);
    prepare(database);
    database.pragma("query_only = ON");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A database of nothing, in memory. */
export function openNothing(): Database {
  return openAny(":memory:", {});
}

/** A finished file that nobody writes, such as a snapshot. */
export function openFinished(path: string): Database {
  return openAny(path, { fileMustExist: true, readonly: true });
}

function openAny(path: string, options: BetterSqlite3.Options): Database {
  assertNodeVersion(process.versions.node);
  const database = new BetterSqlite3(path, { ...options, timeout: BUSY_TIMEOUT_MS });
  database.pragma("cell_size_check = ON");
  database.pragma("trusted_schema = OFF");
  return database;
}
