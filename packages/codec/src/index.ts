/**
 * Strict, bounded binary rows: the one way Aspen's packages turn values into bytes and back; and the rows of the nouns
 * that several of them store or send.
 * @packageDocumentation
 */
export type { Cell, Row } from "./cell.ts";
export { CellWriter } from "./cell-writer.ts";
export { DecodeError } from "./decode-error.ts";
export { headLength } from "./head.ts";
export { logEntryToRow, readLogEntry } from "./log-entry-row.ts";
export {
  logIdToRow,
  membershipToRow,
  nodeRecordToRow,
  readLogId,
  readMembership,
  readNodeRecord,
  readStoredMembership,
  storedMembershipToRow,
} from "./membership-row.ts";
export { decodeRow, encodeRow } from "./row.ts";
export { SlabAllocator } from "./slab-allocator.ts";
export { RowReader } from "./row-reader.ts";
