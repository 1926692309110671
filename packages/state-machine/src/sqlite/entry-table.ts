import { Buffer } from "node:buffer";
import type { KeyValueEntry, Revision, ScanQuery } from "@aspenjs/api";
import type { Database, Statement } from "better-sqlite3";
import type { KeyBounds } from "../key-range.ts";
import type { KeyValueTable } from "../key-value-table.ts";
import { CorruptStateError } from "./sqlite-fault.ts";
import { entryCrc, plainBytes } from "./state-schema.ts";

type EntryRow = [key: string, createRevision: number, modRevision: number, version: number, crc: number, value: Buffer];
type KeyRow = [key: string, createRevision: number, modRevision: number, version: number];
type UpperBound = string | Buffer;

const EMPTY = new Uint8Array();
/** SQLite orders every blob behind every text: as an upper bound it stands for none. */
const ABOVE_ALL_KEYS = Buffer.alloc(0);
const ENTRY_COLUMNS = "key, create_revision, mod_revision, version, crc32, value";
const KEY_COLUMNS = "key, create_revision, mod_revision, version";
const IN_BOUNDS = "FROM entries WHERE key >= ? AND key < ?";
/** Pages of table and index that one change dirties, about. */
const PAGES_PER_CHANGE = 2;
const PAGE_BYTES = 4_096;

/** The entries of one connection, by statements that are prepared once. */
export class EntryTable implements KeyValueTable {
  /** About how much all changes so far have added to the write-ahead file; rather too much than too little. */
  writtenBytes = 0;
  readonly #get: Statement<[string], EntryRow>;
  readonly #set: Statement<[string, number, number, number, Uint8Array]>;
  readonly #delete: Statement<[string]>;
  readonly #count: Statement<[string, UpperBound], number>;
  readonly #entries: Record<"ascending" | "descending", Statement<[string, UpperBound, number], EntryRow>>;
  readonly #keys: Record<"ascending" | "descending", Statement<[string, UpperBound, number], KeyRow>>;

  constructor(database: Database) {
    this.#get = database.prepare<[string], EntryRow>(`SELECT ${ENTRY_COLUMNS} FROM entries WHERE key = ?`).raw();
    this.#set = database.prepare(
      "INSERT INTO entries (key, create_revision, mod_revision, version, crc32, value) VALUES (?, ?, ?, 1, ?, ?) " +
        "ON CONFLICT (key) DO UPDATE SET mod_revision = excluded.mod_revision, version = version + 1, " +
        "crc32 = excluded.crc32, value = excluded.value",
    );
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

  set(key: string, value: Uint8Array, revision: Revision): void {
    this.#set.run(key, revision, revision, entryCrc(key, value, revision), value);
    this.writtenBytes += PAGES_PER_CHANGE * PAGE_BYTES + value.byteLength;
  }

  delete(key: string): boolean {
    this.writtenBytes += PAGES_PER_CHANGE * PAGE_BYTES;
    return this.#delete.run(key).changes > 0;
  }

  count({ lower, upper }: KeyBounds): number {
    return this.#count.get(lower, upper ?? ABOVE_ALL_KEYS) ?? 0;
  }

  /** At most `rowsMax` entries, read one by one as they are asked for. The iteration must end before the next write. */
  *entriesIn(
    { lower, upper }: KeyBounds,
    { reverse, keysOnly }: Pick<ScanQuery, "reverse" | "keysOnly">,
    rowsMax: number,
  ): Generator<KeyValueEntry> {
    const direction = reverse ? "descending" : "ascending";
    const end = upper ?? ABOVE_ALL_KEYS;
    if (keysOnly) {
      for (const [key, createRevision, modRevision, version] of this.#keys[direction].iterate(lower, end, rowsMax)) {
        yield { key, value: EMPTY, createRevision, modRevision, version };
      }
    } else {
      for (const row of this.#entries[direction].iterate(lower, end, rowsMax)) yield entryOf(row);
    }
  }
}

function entryOf([key, createRevision, modRevision, version, crc, value]: EntryRow): KeyValueEntry {
  if (entryCrc(key, value, modRevision) !== crc) {
    throw new CorruptStateError(`the entry at revision ${modRevision} does not match its checksum`);
  }
  return { key, value: plainBytes(value), createRevision, modRevision, version };
}

const EVERYTHING: KeyBounds = { lower: "", upper: undefined };

/** Every entry of a file, system keys included, in key order; each is checked as it is read. */
export function allEntries(database: Database): Generator<KeyValueEntry> {
  return new EntryTable(database).entriesIn(EVERYTHING, { reverse: false, keysOnly: false }, Number.MAX_SAFE_INTEGER);
}
