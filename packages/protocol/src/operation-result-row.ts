/** What one operation of a transaction came to. */
import { limits, unreachable, type KeyValueEntry, type OperationResult } from "@aspenjs/api";
import type { Row, RowReader } from "@aspenjs/codec";
import { keyValueEntryRow, optionalEntryCell, readEntries, readOptionalEntry } from "./key-value-entry-row.ts";
import { integerCell } from "./value-cell.ts";

const OPERATION_RESULT_KIND_MAX = 3;
const GET = 0;
const SET = 1;
const DELETE = 2;
const SCAN = 3;

export function operationResultRow(result: OperationResult): Row {
  switch (result.kind) {
    case "get":
      return [GET, optionalEntryCell(result.entry)];
    case "set":
      return [SET, optionalEntryCell(result.previous)];
    case "delete":
      return [DELETE, ...deletedCells(result)];
    case "scan":
      return [
        SCAN,
        result.entries.map(keyValueEntryRow),
        integerCell("a count of keys", result.count),
        result.isTruncated,
      ];
    default:
      return unreachable(result);
  }
}

/** Reads the row to its end. @throws DecodeError */
export function readOperationResult(row: RowReader): OperationResult {
  const result = readOperationResultOfKind(row.integer("kind", 0, OPERATION_RESULT_KIND_MAX), row);
  row.end();
  return result;
}

function readOperationResultOfKind(kind: number, row: RowReader): OperationResult {
  switch (kind) {
    case GET:
      return { kind: "get", entry: readOptionalEntry(row) };
    case SET: {
      const previous = readOptionalEntry(row);
      return previous === undefined ? { kind: "set" } : { kind: "set", previous };
    }
    case DELETE:
      return { kind: "delete", ...readDeleted(row) };
    default:
      return {
        kind: "scan",
        entries: readEntries(row, "entries", limits.resultEntriesMax),
        count: row.integer("count"),
        isTruncated: row.boolean("isTruncated"),
      };
  }
}

/** Every entry that the result holds. */
export function entriesOfOperation(result: OperationResult): readonly KeyValueEntry[] {
  switch (result.kind) {
    case "get":
      return result.entry === undefined ? [] : [result.entry];
    case "set":
      return result.previous === undefined ? [] : [result.previous];
    case "delete":
      return result.previous ?? [];
    case "scan":
      return result.entries;
    default:
      return unreachable(result);
  }
}

/** What a deletion came to, alone or in a transaction. */
interface Deleted {
  readonly deletedCount: number;
  readonly previous?: readonly KeyValueEntry[] | undefined;
}

export function deletedCells({ deletedCount, previous }: Deleted): Row {
  return [integerCell("a count of keys", deletedCount), previous?.map(keyValueEntryRow) ?? null];
}

/** @throws DecodeError */
export function readDeleted(row: RowReader): Deleted {
  const deletedCount = row.integer("deletedCount");
  const previous = row.optional((cells) => readEntries(cells, "previous", limits.resultEntriesMax));
  return previous === undefined ? { deletedCount } : { deletedCount, previous };
}
