import type { KeyValueEntry, ReadLabel } from "@aspenjs/api";
import { leaseIdText } from "./lease-text.ts";
import type { JsonValue, TableView } from "./output-format.ts";
import { printable } from "./printable.ts";
import { formatTable, type Column } from "./table.ts";
import { decodeText, valueFields } from "./value-text.ts";

export interface EntryViewOptions {
  readonly keysOnly?: boolean;
}

export interface EntryTableOptions extends EntryViewOptions {
  /** Whether there is a column for leases; if left out, when one of the entries is bound to one. */
  readonly showsLeases?: boolean;
}

export function entryJson(entry: KeyValueEntry, { keysOnly = false }: EntryViewOptions = {}): JsonValue {
  const { key, value, createRevision, modRevision, version, leaseId } = entry;
  return {
    key,
    ...(keysOnly ? {} : valueFields(value)),
    createRevision,
    modRevision,
    version,
    ...(leaseId === undefined ? {} : { leaseId: leaseIdText(leaseId) }),
  };
}

export function isBoundToLease({ leaseId }: KeyValueEntry): boolean {
  return leaseId !== undefined;
}

export function labelJson({ consistency, appliedIndex, revision }: ReadLabel): { readonly [name: string]: JsonValue } {
  return { consistency, appliedIndex, revision };
}

interface EntryColumn extends Column {
  readonly cell: (entry: KeyValueEntry, widthMax: number | undefined) => string;
}

const COLUMNS: readonly EntryColumn[] = [
  { heading: "KEY", cell: ({ key }) => printable(key) },
  { heading: "VERSION", align: "right", cell: ({ version }) => String(version) },
  { heading: "MODIFIED", align: "right", cell: ({ modRevision }) => String(modRevision) },
];
const LEASE_COLUMN: EntryColumn = {
  heading: "LEASE",
  align: "right",
  cell: ({ leaseId }) => (leaseId === undefined ? "-" : leaseIdText(leaseId)),
};
const VALUE_COLUMN: EntryColumn = { heading: "VALUE", cell: ({ value }, widthMax) => valueForPeople(value, widthMax) };

export function entryTable(
  entries: readonly KeyValueEntry[],
  { style, widthMax }: TableView,
  { keysOnly = false, showsLeases = entries.some(isBoundToLease) }: EntryTableOptions = {},
): string {
  const columns = [...COLUMNS, ...(showsLeases ? [LEASE_COLUMN] : []), ...(keysOnly ? [] : [VALUE_COLUMN])];
  const rows = entries.map((entry) => columns.map(({ cell }) => cell(entry, widthMax)));
  return formatTable(columns, rows, { style, widthMax });
}

/** Key, tab, value as it is, line feed; a key alone has no tab. */
export function entryLines(
  entries: readonly KeyValueEntry[],
  { keysOnly = false }: EntryViewOptions = {},
): string | Uint8Array {
  if (keysOnly) return entries.map(({ key }) => `${key}\n`).join("");
  return Buffer.concat(entries.flatMap(({ key, value }) => [Buffer.from(`${key}\t`), value, Buffer.from("\n")]));
}

/** Text as text; for other bytes, how many there are. A long value is not made printable beyond what will be shown. */
export function valueForPeople(value: Uint8Array, widthMax?: number): string {
  const text = decodeText(value);
  if (text === undefined) return `(${value.byteLength} bytes that are no text)`;
  return printable(widthMax === undefined ? text : text.slice(0, widthMax * 2));
}
