import type { KeyValueEntry, ReadLabel } from "@aspenjs/api";
import type { JsonValue, TableView } from "./output-format.ts";
import { printable } from "./printable.ts";
import { formatTable, type Column } from "./table.ts";
import { decodeText, valueFields } from "./value-text.ts";

export interface EntryViewOptions {
  readonly keysOnly?: boolean;
}

export function entryJson(entry: KeyValueEntry, { keysOnly = false }: EntryViewOptions = {}): JsonValue {
  const { key, value, createRevision, modRevision, version } = entry;
  return { key, ...(keysOnly ? {} : valueFields(value)), createRevision, modRevision, version };
}

export function labelJson({ consistency, appliedIndex, revision }: ReadLabel): { readonly [name: string]: JsonValue } {
  return { consistency, appliedIndex, revision };
}

const COLUMNS: readonly Column[] = [
  { heading: "KEY" },
  { heading: "VERSION", align: "right" },
  { heading: "MODIFIED", align: "right" },
  { heading: "VALUE" },
];

export function entryTable(
  entries: readonly KeyValueEntry[],
  { style, widthMax }: TableView,
  { keysOnly = false }: EntryViewOptions = {},
): string {
  const columns = keysOnly ? COLUMNS.slice(0, 3) : COLUMNS;
  const rows = entries.map(({ key, value, version, modRevision }) => [
    printable(key),
    String(version),
    String(modRevision),
    keysOnly ? "" : valueForPeople(value, widthMax),
  ]);
  return formatTable(columns, rows, { style, widthMax });
}

/** Text as text; for other bytes, how many there are. A long value is not made printable beyond what will be shown. */
function valueForPeople(value: Uint8Array, widthMax: number | undefined): string {
  const text = decodeText(value);
  if (text === undefined) return `(${value.byteLength} bytes that are no text)`;
  return printable(widthMax === undefined ? text : text.slice(0, widthMax * 2));
}
