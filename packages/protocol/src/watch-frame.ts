/**
 * What a client and a node say to each other on a stream of `/aspen/watch/1`: SPEC.md, section 8. Many watches share one
 * stream. It carries frames one behind the other, each behind its length (four bytes, big-endian); where its chunks end
 * means nothing.
 */
import {
  assert,
  ERROR_CODES,
  utf8ByteLength,
  type ErrorCode,
  type KeyChange,
  type Revision,
  type WatchFilter,
} from "@aspenjs/api";
import { DecodeError, decodeRow, encodeRow, type Row, type RowReader } from "@aspenjs/codec";
import { readWatchFilter, watchFilterRow } from "./key-range.ts";
import { keyValueEntryRow, optionalEntryCell, readKeyValueEntry, readOptionalEntry } from "./key-value-entry-row.ts";
import { protocolLimits } from "./limits.ts";
import { integerCell, keyCell, readKey } from "./value-cell.ts";

export interface OpenWatch {
  readonly kind: "open";
  /** Chosen by the client, for as long as the stream lasts. */
  readonly watchId: number;
  readonly filter: WatchFilter;
  /** `undefined`: whatever is not yet there when the node answers. */
  readonly fromRevision: Revision | undefined;
  readonly withPrevious: boolean;
}

export interface CloseWatch {
  readonly kind: "close";
  readonly watchId: number;
}

/** From the client. */
export type WatchAsk = OpenWatch | CloseWatch;

/** Nothing before this revision is told. */
export interface WatchOpened {
  readonly kind: "opened";
  readonly watchId: number;
  readonly fromRevision: Revision;
}

/** What one revision did to the watched keys, or a part of it: the parts follow each other in key order. */
export interface WatchChanges {
  readonly kind: "changes";
  readonly watchId: number;
  readonly revision: Revision;
  readonly isLastPart: boolean;
  readonly changes: readonly KeyChange[];
}

export interface WatchEnded {
  readonly kind: "ended";
  readonly watchId: number;
  readonly code: ErrorCode;
  readonly message: string;
  /** The first revision that is kept, of a watch that asked for an earlier one. */
  readonly firstRevision: Revision | undefined;
}

/** Every watch that has been opened on this stream and has not ended was told everything up to this revision. */
export interface WatchProgress {
  readonly kind: "progress";
  readonly revision: Revision;
}

/** From the node. */
export type WatchTell = WatchOpened | WatchChanges | WatchEnded | WatchProgress;

const OPEN = 0;
const CLOSE = 1;
const OPENED = 0;
const CHANGES = 1;
const ENDED = 2;
const PROGRESS = 3;
const PUT = 0;
const DELETE = 1;

export function encodeWatchAsk(ask: WatchAsk): Uint8Array {
  const watchId = integerCell("a watch id", ask.watchId, 1);
  if (ask.kind === "close") return encodeRow([CLOSE, watchId]);
  const from = ask.fromRevision === undefined ? null : integerCell("a revision", ask.fromRevision, 1);
  return encodeRow([OPEN, watchId, watchFilterRow(ask.filter), from, ask.withPrevious]);
}

/** @throws DecodeError on anything that `encodeWatchAsk` does not write */
export function decodeWatchAsk(bytes: Uint8Array): WatchAsk {
  const row = decodeRow(bytes, protocolLimits.watchAskBytesMax);
  const kind = row.integer("kind", OPEN, CLOSE);
  const watchId = row.integer("watchId", 1);
  const ask: WatchAsk =
    kind === CLOSE
      ? { kind: "close", watchId }
      : {
          kind: "open",
          watchId,
          filter: readWatchFilter(row.row("filter")),
          fromRevision: row.optional((cells) => cells.integer("fromRevision", 1)),
          withPrevious: row.boolean("withPrevious"),
        };
  row.end();
  return ask;
}

export function encodeWatchTell(tell: WatchTell): Uint8Array {
  const bytes = encodeRow(tellRow(tell));
  assert(bytes.byteLength <= protocolLimits.watchTellBytesMax, "an encoded part of a revision fits its bound");
  return bytes;
}

/** @throws DecodeError on anything that `encodeWatchTell` does not write */
export function decodeWatchTell(bytes: Uint8Array): WatchTell {
  const row = decodeRow(bytes, protocolLimits.watchTellBytesMax, protocolLimits.watchTellCellsMax);
  const tell = readTell(row);
  row.end();
  return tell;
}

/** About what a change adds to a frame. */
export function keyChangeBytes(change: KeyChange): number {
  const key = change.kind === "put" ? change.entry.key : change.key;
  const value = change.kind === "put" ? change.entry.value.byteLength : 0;
  const previous = change.previous === undefined ? 0 : change.previous.value.byteLength + utf8ByteLength(key);
  return utf8ByteLength(key) + value + previous + protocolLimits.watchChangeOverheadBytes;
}

export function keyChangeRow(change: KeyChange): Row {
  const previous = optionalEntryCell(change.previous);
  return change.kind === "put"
    ? [PUT, keyValueEntryRow(change.entry), previous]
    : [DELETE, keyCell(change.key), previous];
}

/** Reads the row to its end. @throws DecodeError */
export function readKeyChange(row: RowReader): KeyChange {
  if (row.integer("kind", PUT, DELETE) === PUT) {
    const entry = readKeyValueEntry(row.row("entry"));
    const previous = readPrevious(row, entry.key);
    return previous === undefined ? { kind: "put", entry } : { kind: "put", entry, previous };
  }
  const key = readKey(row);
  const previous = readPrevious(row, key);
  return previous === undefined ? { kind: "delete", key } : { kind: "delete", key, previous };
}

function readPrevious(row: RowReader, key: string): KeyChange["previous"] {
  const previous = readOptionalEntry(row);
  row.end();
  if (previous !== undefined && previous.key !== key) throw new DecodeError("what was there before has another key");
  return previous;
}

function tellRow(tell: WatchTell): Row {
  switch (tell.kind) {
    case "opened":
      return [OPENED, tell.watchId, tell.fromRevision];
    case "changes":
      return [CHANGES, tell.watchId, tell.revision, tell.isLastPart, tell.changes.map(keyChangeRow)];
    case "ended":
      return [ENDED, tell.watchId, tell.code, tell.message, tell.firstRevision ?? null];
    case "progress":
      return [PROGRESS, tell.revision];
  }
}

function readTell(row: RowReader): WatchTell {
  const kind = row.integer("kind", OPENED, PROGRESS);
  if (kind === PROGRESS) return { kind: "progress", revision: row.integer("revision") };
  const watchId = row.integer("watchId", 1);
  if (kind === OPENED) return { kind: "opened", watchId, fromRevision: row.integer("fromRevision", 1) };
  if (kind === CHANGES) return readChanges(row, watchId);
  return {
    kind: "ended",
    watchId,
    code: row.word("code", ERROR_CODES),
    message: row.text("message", protocolLimits.refusalTextBytesMax),
    firstRevision: row.optional((cells) => cells.integer("firstRevision", 1)),
  };
}

function readChanges(row: RowReader, watchId: number): WatchChanges {
  const revision = row.integer("revision", 1);
  const isLastPart = row.boolean("isLastPart");
  const changes = row.list("changes", protocolLimits.watchPartChangesMax, (items) =>
    readKeyChange(items.row("change")),
  );
  if (changes.length === 0) throw new DecodeError("a part of a revision holds a change");
  return { kind: "changes", watchId, revision, isLastPart, changes };
}
