import { assert, limits, utf8ByteLength, type KeyValueEntry } from "@aspenjs/api";
import type { Row, RowReader } from "@aspenjs/codec";
import { leaseIdCell, readLeaseId } from "./lease-row.ts";
import { integerCell, readValue, valueCell } from "./value-cell.ts";

export function keyValueEntryRow(entry: KeyValueEntry): Row {
  assert(utf8ByteLength(entry.key) <= limits.keyBytesMax, "a key fits its bound");
  return [
    entry.key,
    valueCell(entry.value),
    integerCell("the revision of a creation", entry.createRevision, 1),
    integerCell("the revision of an entry", entry.modRevision, 1),
    integerCell("the version of an entry", entry.version, 1),
    entry.leaseId === undefined ? null : leaseIdCell(entry.leaseId),
  ];
}

/** Reads the row to its end. @throws DecodeError */
export function readKeyValueEntry(row: RowReader): KeyValueEntry {
  const unbound = {
    key: row.text("key", limits.keyBytesMax),
    value: readValue(row),
    createRevision: row.integer("createRevision", 1),
    modRevision: row.integer("modRevision", 1),
    version: row.integer("version", 1),
  };
  const leaseId = row.optional((cells) => readLeaseId(cells));
  row.end();
  return leaseId === undefined ? unbound : { ...unbound, leaseId };
}

export function optionalEntryCell(entry: KeyValueEntry | undefined): Row | null {
  return entry === undefined ? null : keyValueEntryRow(entry);
}

/** @throws DecodeError */
export function readOptionalEntry(row: RowReader): KeyValueEntry | undefined {
  return row.optional((cells) => readKeyValueEntry(cells.row("entry")));
}

/** @throws DecodeError */
export function readEntries(row: RowReader, name: string, countMax: number): KeyValueEntry[] {
  return row.list(name, countMax, (items) => readKeyValueEntry(items.row("entry")));
}

/** What is wrong with entries that travel together, when each of them is right. */
export function entriesProblem(
  entries: readonly KeyValueEntry[],
  entriesMax: number,
  bytesMax: number,
): string | undefined {
  if (entries.length > entriesMax) return `${entries.length} entries exceed ${entriesMax}`;
  const bytes = entries.reduce((sum, { key, value }) => sum + utf8ByteLength(key) + value.byteLength, 0);
  return bytes > bytesMax ? `entries of ${bytes} bytes exceed ${bytesMax}` : undefined;
}
