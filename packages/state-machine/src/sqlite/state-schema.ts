/**
 * The tables of `state.sqlite`, and the checks that a file really is one.
 *
 * Keys are TEXT under the BINARY collation: SQLite compares them with memcmp over their UTF-8 bytes and whole length,
 * U+0000 included, which is the order of the contract. As text they can be read, and searched by index, in the
 * `sqlite3` shell: the view `kv` is made for that (the shell prints a key with U+0000 in it only up to there).
 *
 * A rowid table beats WITHOUT ROWID here: values stay out of the interior pages, and changing one dirties fewer pages
 * (measured at 256-byte values: an eighth to a third less time per set, about a fifth less write-ahead).
 *
 * SQLite does not notice a flipped bit in a value. So every row carries a CRC-32 over what no SQL changes; `crc32` of
 * an entry covers key, value, `mod_revision` and `lease_id`.
 */
import type { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import type { KeyValueEntry } from "@aspenjs/api";
import type { Database } from "better-sqlite3";
import type { SavedChanges } from "../change-row.ts";
import { CorruptStateError } from "./sqlite-fault.ts";

/** "ASPN": marks the file as ours, as `file` and SQLite's own tools show it. */
const APPLICATION_ID = 0x41_53_50_4e;
const FORMAT_VERSION = 3;

const SCHEMA = `
CREATE TABLE entries (
  key TEXT PRIMARY KEY NOT NULL,
  create_revision INTEGER NOT NULL,
  mod_revision INTEGER NOT NULL,
  version INTEGER NOT NULL,
  lease_id INTEGER,
  crc32 INTEGER NOT NULL,
  value BLOB NOT NULL
) STRICT;
CREATE INDEX entries_by_lease ON entries (lease_id, key) WHERE lease_id IS NOT NULL;
CREATE TABLE leases (
  lease_id INTEGER PRIMARY KEY,
  ttl_ms INTEGER NOT NULL,
  deadline_ms INTEGER NOT NULL,
  is_owned_by_key INTEGER NOT NULL,
  crc32 INTEGER NOT NULL
) STRICT;
CREATE TABLE sessions (session_id INTEGER PRIMARY KEY, crc32 INTEGER NOT NULL, content BLOB NOT NULL) STRICT;
CREATE TABLE changes (
  revision INTEGER PRIMARY KEY,
  log_time_ms INTEGER NOT NULL,
  crc32 INTEGER NOT NULL,
  content BLOB NOT NULL
) STRICT;
CREATE TABLE membership (id INTEGER PRIMARY KEY CHECK (id = 1), crc32 INTEGER NOT NULL, content BLOB NOT NULL) STRICT;
CREATE TABLE applied (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  log_term INTEGER NOT NULL,
  log_index INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  log_time_ms INTEGER NOT NULL,
  leases_extended_at_ms INTEGER NOT NULL,
  crc32 INTEGER NOT NULL
) STRICT;
CREATE VIEW kv AS
  SELECT key, value, CAST(value AS TEXT) AS value_text, version, create_revision, mod_revision, lease_id
  FROM entries WHERE key >= char(1);
`;

export function isSchemaMissing(database: Database): boolean {
  return readNumber(database, "application_id") === 0 && schemaOf(database).length === 0;
}

/** Inside a transaction of the caller, who also fills the tables that must never be empty. */
export function createSchema(database: Database): void {
  database.exec(SCHEMA);
  database.pragma(`application_id = ${APPLICATION_ID}`);
  database.pragma(`user_version = ${FORMAT_VERSION}`);
}

/** @throws CorruptStateError when the file is not a state file of this format, to the letter of its schema */
export function checkSchema(database: Database): void {
  if (readNumber(database, "application_id") !== APPLICATION_ID) throw new CorruptStateError("not an Aspen state file");
  const version = readNumber(database, "user_version");
  if (version !== FORMAT_VERSION) {
    throw new CorruptStateError(`state format ${version} is not the format ${FORMAT_VERSION} of this release`);
  }
  const expected = SCHEMA.trim()
    .split(/;\n/)
    .map((statement) => statement.replace(/;$/, "").trim())
    .sort();
  const actual = schemaOf(database).sort();
  if (JSON.stringify(actual) !== JSON.stringify(expected)) throw new CorruptStateError("the schema was changed");
}

function schemaOf(database: Database): string[] {
  return database.prepare<[], string>("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").pluck().all();
}

function readNumber(database: Database, pragma: string): number {
  return Number(database.pragma(pragma, { simple: true }));
}

const CRC32_RANGE = 2 ** 32;

export function entryCrc({
  key,
  value,
  modRevision,
  leaseId = 0,
}: Omit<KeyValueEntry, "createRevision" | "version">): number {
  return crc32(value, crc32(key, (folded(modRevision) ^ folded(leaseId)) >>> 0));
}

export function changesCrc({ revision, logTimeMs, content }: SavedChanges): number {
  return crc32(content, (folded(revision) ^ folded(logTimeMs)) >>> 0);
}

/** A number of 53 bits in 32. */
function folded(number: number): number {
  return ((number % CRC32_RANGE) ^ Math.floor(number / CRC32_RANGE)) >>> 0;
}

export function contentCrc(content: Uint8Array | string): number {
  return crc32(content);
}

/** The driver hands out buffers; what leaves the adapter is a plain array, like that of every other backend. */
export function plainBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
