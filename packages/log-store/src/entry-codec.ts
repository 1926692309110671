import { assert, type LogEntry } from "@aspenjs/api";
import { DecodeError, decodeRow, encodeRow, logEntryToRow, readLogEntry } from "@aspenjs/codec";
import { limits } from "./limits.ts";

const ENTRY_VERSION = 1;
/** Of the version byte. */
export const ENTRY_HEAD_BYTES = 1;

/**
 * The bytes of an entry on disk: one version byte, then the entry's row. Every entry has exactly one encoding, so that
 * equal entries have equal hashes.
 */
export function encodeEntry(entry: LogEntry): Uint8Array {
  const row = encodeEntryRow(entry);
  const bytes = new Uint8Array(ENTRY_HEAD_BYTES + row.byteLength);
  writeEntry(row, bytes, 0);
  return bytes;
}

/** The row alone, for a writer that brings its own buffer: `writeEntry` completes it there. */
export function encodeEntryRow(entry: LogEntry): Uint8Array {
  const row = encodeRow(logEntryToRow(entry));
  const encodedBytes = ENTRY_HEAD_BYTES + row.byteLength;
  assert(encodedBytes <= limits.entryBytesMax, `entry ${entry.index} of ${encodedBytes} bytes is too large`);
  return row;
}

export function writeEntry(row: Uint8Array, target: Uint8Array, offset: number): void {
  target[offset] = ENTRY_VERSION;
  target.set(row, offset + ENTRY_HEAD_BYTES);
}

/** @throws DecodeError */
export function decodeEntry(bytes: Uint8Array): LogEntry {
  const version = bytes[0];
  if (version !== ENTRY_VERSION) throw new DecodeError(`entry: version ${version ?? "missing"} is not known`);
  return readLogEntry(decodeRow(bytes.subarray(ENTRY_HEAD_BYTES), limits.entryBytesMax));
}
