import { assert, limits, utf8ByteLength, type KeyRange, type WatchFilter } from "@aspenjs/api";
import type { Row, RowReader } from "@aspenjs/codec";
import { keyCell, readKey } from "./value-cell.ts";

const PREFIX = 0;
const RANGE = 1;
const KEY = 2;

export function keyRangeRow(range: KeyRange): Row {
  return range.kind === "prefix"
    ? [PREFIX, boundCell(range.prefix)]
    : [RANGE, boundCell(range.start), boundCell(range.end)];
}

/** Reads the row to its end. @throws DecodeError */
export function readKeyRange(row: RowReader): KeyRange {
  const range = row.integer("kind", PREFIX, RANGE) === PREFIX ? readPrefix(row) : readBounds(row);
  row.end();
  return range;
}

export function watchFilterRow(filter: WatchFilter): Row {
  return filter.kind === "key" ? [KEY, keyCell(filter.key)] : keyRangeRow(filter);
}

/** Reads the row to its end. @throws DecodeError */
export function readWatchFilter(row: RowReader): WatchFilter {
  const filter = readAnyFilter(row);
  row.end();
  return filter;
}

function readAnyFilter(row: RowReader): WatchFilter {
  const kind = row.integer("kind", PREFIX, KEY);
  if (kind === KEY) return { kind: "key", key: readKey(row) };
  return kind === PREFIX ? readPrefix(row) : readBounds(row);
}

function readPrefix(row: RowReader): KeyRange {
  return { kind: "prefix", prefix: readBound(row, "prefix") };
}

function readBounds(row: RowReader): KeyRange {
  return { kind: "range", start: readBound(row, "start"), end: readBound(row, "end") };
}

function boundCell(bound: string): string {
  assert(bound.isWellFormed(), "a bound holds no unpaired surrogate");
  assert(utf8ByteLength(bound) <= limits.rangeBoundBytesMax, "a bound fits its size");
  return bound;
}

function readBound(row: RowReader, name: string): string {
  return row.text(name, limits.rangeBoundBytesMax);
}
