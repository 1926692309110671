import { assert, type LogEntry } from "@aspenjs/api";
import { DecodeError, decodeRow, encodeRow, logEntryToRow, readLogEntry } from "@aspenjs/codec";
import { limits } from "./limits.ts";

const ENTRY_VERSION = 1;

/**
 * The bytes of an entry on disk: one version byte, then the entry's row. Every entry has exactly one encoding, so that
 * equal entries have equal hashes.
 */
export function encodeEntry(entry: LogEntry): Uint8Array {
  const row = encodeRow(logEntryToRow(entry));
  const bytes = new Uint8Array(1 + row.byteLength);
  bytes[0] = ENTRY_VERSION;
  bytes.set(row, 1);
  assert(bytes.byteLength <= limits.entryBytesMax, `entry ${entry.index} of ${bytes.byteLength} bytes is too large`);
  return bytes;
}

/** @throws DecodeError */
export function decodeEntry(bytes: Uint8Array): LogEntry {
  const version = bytes[0];
  if (version !== ENTRY_VERSION) throw new DecodeError(`entry: version ${version ?? "missing"} is not known`);
  return readLogEntry(decodeRow(bytes.subarray(1), limits.entryBytesMax));
}
