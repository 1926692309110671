/**
 * A row of the store: the entry's chain hash (32 bytes), then the encoded entry. Keeping the hash in the row makes
 * one write per entry, and lets any range be verified from the row before it.
 */
import { assert, type LogEntry, type LogIndex } from "@aspenjs/api";
import { HASH_BYTES, isSameHash, type ChainHasher } from "./chain-hasher.ts";
import { ENTRY_HEAD_BYTES, encodeEntryRow, writeEntry } from "./entry-codec.ts";

const ROW_HEAD_BYTES = HASH_BYTES + ENTRY_HEAD_BYTES;
const EMPTY = new Uint8Array();

export interface StoredRow {
  readonly index: LogIndex;
  readonly bytes: Uint8Array;
}

export interface SealedRows {
  readonly rows: readonly StoredRow[];
  /** Hash of the last row; the anchor when there is none. */
  readonly tip: Uint8Array;
}

/** Chains entries behind `anchor`. All rows share one buffer: one allocation per batch. */
export function sealRows(hasher: ChainHasher, anchor: Uint8Array, entries: readonly LogEntry[]): SealedRows {
  assert(anchor.byteLength === HASH_BYTES, "an anchor is a whole hash");
  const entryRows = entries.map(encodeEntryRow);
  const slabBytes = entryRows.reduce((sum, entryRow) => sum + ROW_HEAD_BYTES + entryRow.byteLength, 0);
  const slab = new Uint8Array(slabBytes);
  let offset = 0;
  let tip = anchor;
  const rows = entries.map((entry, position): StoredRow => {
    const entryRow = entryRows[position] ?? EMPTY;
    const bytes = slab.subarray(offset, offset + ROW_HEAD_BYTES + entryRow.byteLength);
    offset += bytes.byteLength;
    // The previous hash stands where this row's own will: hashing needs no other copy.
    bytes.set(tip, 0);
    writeEntry(entryRow, bytes, HASH_BYTES);
    tip = hasher.digest(bytes);
    bytes.set(tip, 0);
    return { index: entry.index, bytes };
  });
  return { rows, tip };
}

export function rowHash(bytes: Uint8Array): Uint8Array {
  return bytes.slice(0, HASH_BYTES);
}

/** A view, not a copy. */
export function rowEntryBytes(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(HASH_BYTES);
}

/** Whether the row is what was written behind `previous`. */
export function isLinked(hasher: ChainHasher, previous: Uint8Array, bytes: Uint8Array): boolean {
  if (bytes.byteLength <= HASH_BYTES) return false;
  return isSameHash(hasher.link(previous, rowEntryBytes(bytes)), bytes.subarray(0, HASH_BYTES));
}

/** Of the encoded entry, without its hash. */
export function entryByteLength(row: StoredRow): number {
  return row.bytes.byteLength - HASH_BYTES;
}
