/**
 * How the LMDB file is opened. The options are part of the durability argument:
 *
 *   - `overlappingSync: false` is classic LMDB: data pages are written and synced *before* the meta page that refers
 *     to them is written, and that write goes through a file descriptor opened with O_DSYNC. A commit that returns is
 *     durable; one whose sync failed is not visible, after a restart either. The library's default makes a transaction
 *     visible first and syncs it later: after a failed sync its rows are there, although the promise was rejected.
 *   - one unnamed database: a named one costs one more page per commit for its root.
 *   - a map that is large from the start: growing it in small steps would remap again and again.
 */
import { open, type RootDatabase } from "lmdb";

export type RowDatabase = RootDatabase<Uint8Array, number>;

export const DATABASE_FILE = "raft-log.mdb";

/** Keys are log indexes; the header stands in front of the first of them. */
export const HEADER_KEY = 0;

/** Address space reserved at first; LMDB maps more when the file outgrows it. Costs no memory and no disk. */
export const MAP_BYTES_DEFAULT = 16 * 1_024 ** 3;

const KEY_BYTES = 8;

/** Eight bytes, big-endian: LMDB's order of bytes is the order of indexes. */
const INDEX_KEYS = {
  writeKey(index: number, target: Buffer, start: number): number {
    target.writeUInt32BE(Math.floor(index / 0x1_0000_0000), start);
    target.writeUInt32BE(index % 0x1_0000_0000, start + 4);
    return start + KEY_BYTES;
  },
  readKey(source: Buffer, start: number): number {
    return source.readUInt32BE(start) * 0x1_0000_0000 + source.readUInt32BE(start + 4);
  },
};

/** @throws Error with LMDB's or the system's code */
export function openRowDatabase(file: string, mapBytes: number): RowDatabase {
  const options = {
    path: file,
    encoding: "binary",
    keyEncoder: INDEX_KEYS,
    overlappingSync: false,
    mapSize: mapBytes,
    maxDbs: 1,
    noReadAhead: true,
    // Batches are formed above; waiting for the rest of the turn here would only add latency.
    eventTurnBatching: false,
    permissionsMode: 0o600,
  } as const;
  return open<Uint8Array, number>(options);
}
