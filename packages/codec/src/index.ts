/**
 * Strict, bounded binary rows: the one way Aspen's packages turn values into bytes and back.
 * @packageDocumentation
 */
export { DecodeError } from "./decode-error.ts";
export { decodeRow, encodeRow } from "./row.ts";
export { RowReader } from "./row-reader.ts";
export type { Cell, Row } from "./row.ts";
