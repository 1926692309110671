import { assert, limits, utf8ByteLength, type KeyRange } from "@aspenjs/api";
import type { Row, RowReader } from "@aspenjs/codec";

const PREFIX = 0;
const RANGE = 1;

export function keyRangeRow(range: KeyRange): Row {
  return range.kind === "prefix"
    ? [PREFIX, boundCell(range.prefix)]
    : [RANGE, boundCell(range.start), boundCell(range.end)];
}

/** Reads the row to its end. @throws DecodeError */
export function readKeyRange(row: RowReader): KeyRange {
  const range: KeyRange =
    row.integer("kind", PREFIX, RANGE) === PREFIX
      ? { kind: "prefix", prefix: readBound(row, "prefix") }
      : { kind: "range", start: readBound(row, "start"), end: readBound(row, "end") };
  row.end();
  return range;
}

function boundCell(bound: string): string {
  assert(bound.isWellFormed(), "a bound holds no unpaired surrogate");
  assert(utf8ByteLength(bound) <= limits.rangeBoundBytesMax, "a bound fits its size");
  return bound;
}

function readBound(row: RowReader, name: string): string {
  return row.text(name, limits.rangeBoundBytesMax);
}
