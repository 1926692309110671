/** The changes that are commands by themselves and operations of a transaction: their cells behind the kind. */
import type { DeleteCommand, DeleteRangeCommand, SetCommand } from "@aspenjs/api";
import type { Row, RowReader } from "@aspenjs/codec";
import { keyRangeRow, readKeyRange } from "./key-range.ts";
import { leaseBindingCell, readLeaseBinding } from "./lease-row.ts";
import { keyCell, readKey, readValue, valueCell } from "./value-cell.ts";

interface Returning {
  readonly returnPrevious?: boolean;
}

export function setCells(set: SetCommand): Row {
  return [keyCell(set.key), valueCell(set.value), returnPreviousCell(set), leaseBindingCell(set)];
}

/** @throws DecodeError */
export function readSet(row: RowReader): SetCommand {
  return {
    kind: "set",
    key: readKey(row),
    value: readValue(row),
    ...readReturnPrevious(row),
    ...readLeaseBinding(row),
  };
}

export function deleteCells(deletion: DeleteCommand): Row {
  return [keyCell(deletion.key), returnPreviousCell(deletion)];
}

/** @throws DecodeError */
export function readDelete(row: RowReader): DeleteCommand {
  return { kind: "delete", key: readKey(row), ...readReturnPrevious(row) };
}

export function deleteRangeCells(deletion: DeleteRangeCommand): Row {
  return [keyRangeRow(deletion.range), returnPreviousCell(deletion)];
}

/** @throws DecodeError */
export function readDeleteRange(row: RowReader): DeleteRangeCommand {
  return { kind: "deleteRange", range: readKeyRange(row.row("range")), ...readReturnPrevious(row) };
}

/** Not to ask and to say no are one thing. */
export function returnPreviousCell({ returnPrevious }: Returning): boolean {
  return returnPrevious ?? false;
}

/** @throws DecodeError */
export function readReturnPrevious(row: RowReader): Returning {
  return row.boolean("returnPrevious") ? { returnPrevious: true } : {};
}
