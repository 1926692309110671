import { Buffer } from "node:buffer";
import type { KeyValueEntry, LeaseId } from "@aspenjs/api";
import type { Database, Statement } from "better-sqlite3";
import type { KeyBounds } from "../key-range.ts";
import type { EntryOrder, KeyValueTable } from "../key-value-table.ts";
import { CorruptStateError } from "./sqlite-fault.ts";
import { entryCrc, plainBytes } from "./state-schema.ts";

type KeyRow = [
  key: string,
  createRevision: number,
  modRevision: number,
  version: number,
  leaseId: number | null,
  crc: number,
];
type EntryRow = [...KeyRow, value: Buffer];
type PutRow = [...KeyRow, value: Uint8Array];
type UpperBound = string | Buffer;

const EMPTY = new Uint8Array();
/** SQLite orders every blob behind every text: as an upper bound it stands for none. */
const ABOVE_ALL_KEYS = Buffer.alloc(0);
const KEY_COLUMNS = "key, create_revision, mod_revision, version, lease_id, crc32";
const ENTRY_COLUMNS = `${KEY_COLUMNS}, value`;
const IN_BOUNDS = "FROM entries WHERE key >= ? AND key < ?";
/** Pages of table and index that one change dirties, about. */
const PAGES_PER_CHANGE = 2;
const PAGE_BYTES = 4_096;

/** The entries of one connection, by statements that are prepared once. */
export class EntryTable implements KeyValueTable {
  /** About how much all changes so far have added to the write-ahead file; rather too much than too little. */
  writtenBytes = 0;
  readonly #get: Statement<[string], EntryRow>;
  readonly #put: Statement<PutRow>;
  readonly #delete: Statement<[string]>;
  readonly #count: Statement<[string, UpperBound], number>;
  readonly #entries: Record<"ascending" | "descending", Statement<[string, UpperBound, number], EntryRow>>;
  readonly #leaseKeys: Statement<[number, number], string>;
  readonly #keys: Record<"ascending" | "descending", Statement<[string, UpperBound, number], KeyRow>>;

  constructor(database: Database) {
    this.#get = database.prepare<[string], EntryRow>(`SELECT ${ENTRY_COLUMNS} FROM entries WHERE key = ?`).raw();
    this.#put = database.prepare(
      `INSERT INTO entries (${ENTRY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) ` +
        "ON CONFLICT (key) DO UPDATE SET create_revision = excluded.create_revision, " +
        "mod_revision = excluded.mod_revision, version = excluded.version, lease_id = excluded.lease_id, " +
        "crc32 = excluded.crc32, value = excluded.value",
    );
    this.#leaseKeys = database
      .prepare<[], string>("SELECT key FROM entries WHERE lease_id = ? ORDER BY key LIMIT ?")
      .pluck();
    this.#delete = database.prepare("DELETE FROM entries WHERE key = ?");
    this.#count = database.prepare<[string, UpperBound], number>(`SELECT count(*) ${IN_BOUNDS}`).pluck();
    this.#entries = {
      ascending: database.prepare<[], EntryRow>(`SELECT ${ENTRY_COLUMNS} ${IN_BOUNDS} ORDER BY key LIMIT ?`).raw(),
      descending: database
        .prepare<[], EntryRow>(`SELECT ${ENTRY_COLUMNS} ${IN_BOUNDS} ORDER BY key DESC LIMIT ?`)
        .raw(),
    };
    this.#keys = {
      ascending: database.prepare<[], KeyRow>(`SELECT ${KEY_COLUMNS} ${IN_BOUNDS} ORDER BY key LIMIT ?`).raw(),
      descending: database.prepare<[], KeyRow>(`SELECT ${KEY_COLUMNS} ${IN_BOUNDS} ORDER BY key DESC LIMIT ?`).raw(),
    };
  }

  get(key: string): KeyValueEntry | undefined {
    // The driver would write U+FFFD for an unpaired surrogate, and so find another key.
    if (!key.isWellFormed()) return undefined;
    const row = this.#get.get(key);
    return row === undefined ? undefined : entryOf(row);
  }

  put(entry: KeyValueEntry): void {
    const { key, value, createRevision, modRevision, version, leaseId = null } = entry;
    this.#put.run(key, createRevision, modRevision, version, leaseId, entryCrc(entry), value);
    this.writtenBytes += PAGES_PER_CHANGE * PAGE_BYTES + value.byteLength;
  }

  delete(key: string): void {
    this.writtenBytes += PAGES_PER_CHANGE * PAGE_BYTES;
    this.#delete.run(key);
  }

  count({ lower, upper }: KeyBounds): number {
    return this.#count.get(lower, upper ?? ABOVE_ALL_KEYS) ?? 0;
  }

  *entriesIn(
    { lower, upper }: KeyBounds,
    { reverse, keysOnly }: EntryOrder,
    entriesMax: number,
  ): Generator<KeyValueEntry> {
    const direction = reverse ? "descending" : "ascending";
    const end = upper ?? ABOVE_ALL_KEYS;
    if (keysOnly) {
      for (const row of this.#keys[direction].iterate(lower, end, entriesMax)) yield entryWith(row, EMPTY);
    } else {
      for (const row of this.#entries[direction].iterate(lower, end, entriesMax)) yield entryOf(row);
    }
  }

  leaseKeys(leaseId: LeaseId, keysMax: number): readonly string[] {
    return this.#leaseKeys.all(leaseId, keysMax);
  }
}

function entryOf([key, createRevision, modRevision, version, leaseId, crc, value]: EntryRow): KeyValueEntry {
  const entry = entryWith([key, createRevision, modRevision, version, leaseId, crc], plainBytes(value));
  if (entryCrc(entry) === crc) return entry;
  throw new CorruptStateError(`the entry at revision ${modRevision} does not match its checksum`);
}

function entryWith([key, createRevision, modRevision, version, leaseId]: KeyRow, value: Uint8Array): KeyValueEntry {
  const entry = { key, value, createRevision, modRevision, version };
  return leaseId === null ? entry : { ...entry, leaseId };
}

/** How many keys are bound to each lease that has any. */
export function leaseKeyCounts(database: Database): readonly (readonly [LeaseId, number])[] {
  return database
    .prepare<[], [number, number]>(
      "SELECT lease_id, count(*) FROM entries WHERE lease_id IS NOT NULL GROUP BY lease_id ORDER BY lease_id",
    )
    .raw()
    .all();
}

const EVERYTHING: KeyBounds = { lower: "", upper: undefined };

/** Every entry of a file, system keys included, in key order; each is checked as it is read. */
export function allEntries(database: Database): Generator<KeyValueEntry> {
  return new EntryTable(database).entriesIn(EVERYTHING, { reverse: false, keysOnly: false }, Number.MAX_SAFE_INTEGER);
}
