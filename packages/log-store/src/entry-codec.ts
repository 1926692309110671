import { assert, unreachable, type EntryPayload, type LogEntry } from "@aspenjs/api";
import { DecodeError, decodeRow, encodeRow, type Row, type RowReader } from "@aspenjs/codec";
import { limits } from "./limits.ts";
import { membershipToRow, readMembership } from "./membership-row.ts";

const ENTRY_VERSION = 1;
/** Of the version byte. */
export const ENTRY_HEAD_BYTES = 1;
const PAYLOAD_BLANK = 0;
const PAYLOAD_COMMAND = 1;
const PAYLOAD_MEMBERSHIP = 2;

/**
 * The bytes of an entry on disk: one version byte, then the row `[term, index, payload kind, payload?]`. Every entry
 * has exactly one encoding, so that equal entries have equal hashes.
 */
export function encodeEntry(entry: LogEntry): Uint8Array {
  const row = encodeEntryRow(entry);
  const bytes = new Uint8Array(ENTRY_HEAD_BYTES + row.byteLength);
  writeEntry(row, bytes, 0);
  return bytes;
}

/** The row alone, for a writer that brings its own buffer: `writeEntry` completes it there. */
export function encodeEntryRow(entry: LogEntry): Uint8Array {
  const row = encodeRow(entryToRow(entry));
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
  const row = decodeRow(bytes.subarray(ENTRY_HEAD_BYTES), limits.entryBytesMax);
  const term = row.integer("term");
  const index = row.integer("index", 1);
  const payload = readPayload(row);
  row.end();
  return { term, index, payload };
}

function entryToRow(entry: LogEntry): Row {
  const { term, index, payload } = entry;
  switch (payload.kind) {
    case "blank":
      return [term, index, PAYLOAD_BLANK];
    case "command":
      return [term, index, PAYLOAD_COMMAND, payload.command];
    case "membership":
      return [term, index, PAYLOAD_MEMBERSHIP, membershipToRow(payload.membership)];
    default:
      return unreachable(payload);
  }
}

function readPayload(row: RowReader): EntryPayload {
  const kind = row.integer("payload kind", PAYLOAD_BLANK, PAYLOAD_MEMBERSHIP);
  if (kind === PAYLOAD_BLANK) return { kind: "blank" };
  if (kind === PAYLOAD_COMMAND) return { kind: "command", command: row.bytes("command", limits.entryBytesMax) };
  return { kind: "membership", membership: readMembership(row.row("membership")) };
}
