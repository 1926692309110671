import { open, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import type { CommandResult, KeyValueEntry, LeaseId, LeaseKeys, ScanPage, ScanQuery } from "@aspenjs/api";
import { SqliteError, type Database, type Statement } from "better-sqlite3";
import type { DecodedEntry } from "../decoded-entry.ts";
import { scanBounds } from "../key-range.ts";
import { ReplicatedState, type SavedState } from "../replicated-state.ts";
import { collectScanPage, SCAN_PAGE_EMPTY } from "../scan-page.ts";
import { syncDirectory, touchPrivately } from "./durable-file.ts";
import { EntryTable, leaseKeyCounts } from "./entry-table.ts";
import { openWriter } from "./open-database.ts";
import { checkSchema, createSchema, isSchemaMissing } from "./state-schema.ts";
import { insertEmptyState, loadState, StateTables } from "./state-tables.ts";

/** Pages of the batch's own: the applied position, and the frame that ends a commit. */
const BATCH_BYTES = 8_192;

/**
 * The open state file: the connection that writes, and in memory what is stored beside the entries.
 * Its methods throw what SQLite throws; after that the memory may be ahead of the file, and the database must only be
 * closed.
 */
export class StateDatabase {
  readonly state: ReplicatedState;
  readonly #database: Database;
  readonly #entries: EntryTable;
  readonly #tables: StateTables;
  readonly #begin: Statement<[]>;
  readonly #commit: Statement<[]>;
  readonly #writeAhead: FileHandle;
  #otherWrittenBytes = 0;

  private constructor(database: Database, saved: SavedState, writeAhead: FileHandle) {
    this.#database = database;
    this.#writeAhead = writeAhead;
    this.state = new ReplicatedState(saved, leaseKeyCounts(database));
    this.#entries = new EntryTable(database);
    this.#tables = new StateTables(database, saved);
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#commit = database.prepare("COMMIT");
  }

  /** Opens the file, or creates it with an empty state; that much is durable when the promise resolves. */
  static async open(path: string): Promise<StateDatabase> {
    await touchPrivately(path);
    const database = openWriter(path);
    try {
      if (isSchemaMissing(database)) createEmptyState(database);
      checkSchema(database);
      const saved = loadState(database);
      await syncDirectory(dirname(path));
      // The handle is for syncing alone. SQLite keeps no locks on this file, so closing the handle drops none.
      const writeAhead = await open(`${path}-wal`, "r+");
      return new StateDatabase(database, saved, writeAhead);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** About how many bytes the write-ahead file has grown by since this was opened. */
  get writtenBytes(): number {
    return this.#entries.writtenBytes + this.#otherWrittenBytes;
  }

  /** Entries, sessions and position change in one transaction. */
  apply(entries: readonly DecodedEntry[]): (CommandResult | undefined)[] {
    this.#begin.run();
    try {
      const results = entries.map((entry) => this.state.apply(entry, this.#entries));
      this.#otherWrittenBytes += BATCH_BYTES + this.#tables.save(this.state);
      this.#commit.run();
      return results;
    } finally {
      if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
    }
  }

  /** All commits up to now survive a power cut: those that are not in the write-ahead file are in the other, synced. */
  async sync(): Promise<void> {
    await this.#writeAhead.sync();
  }

  get(key: string): KeyValueEntry | undefined {
    return this.#entries.get(key);
  }

  scan(query: ScanQuery): ScanPage {
    const bounds = scanBounds(query);
    if (bounds === undefined) return SCAN_PAGE_EMPTY;
    if (query.limit === 0) return { entries: [], count: this.#entries.count(bounds), isTruncated: false };
    return collectScanPage(this.#entries.entriesIn(bounds, query, query.limit + 1), query);
  }

  leaseKeys(leaseId: LeaseId, limit: number): LeaseKeys {
    return { keyCount: this.state.leases.keyCount(leaseId), keys: this.#entries.leaseKeys(leaseId, limit) };
  }

  /** Afterwards the database file alone is the state, durably. Short after a checkpoint. */
  emptyWriteAhead(): void {
    const busy = this.#database.pragma("wal_checkpoint(TRUNCATE)", { simple: true });
    if (busy !== 0) throw new SqliteError("another connection holds the write-ahead file", "SQLITE_BUSY");
  }

  /** The last connection to close empties the write-ahead file and removes it, unless the disk fails. */
  async close(): Promise<void> {
    await this.#writeAhead.close();
    this.#database.close();
  }
}

function createEmptyState(database: Database): void {
  database.exec("BEGIN IMMEDIATE");
  createSchema(database);
  insertEmptyState(database);
  database.exec("COMMIT");
  database.pragma("wal_checkpoint(TRUNCATE)");
}
