/**
 * What one revision did to the keys, in key order: `[[0, entry, previous or null] or [1, key, previous or null], …]`,
 * put and deleted. The revision itself and its log time stand beside the row, where a backend finds them unread.
 */
import {
  assert,
  compareKeys,
  limits,
  utf8ByteLength,
  type KeyChange,
  type KeyValueEntry,
  type Revision,
} from "@aspenjs/api";
import { DecodeError, decodeRow, headLength, type CellWriter, type RowReader } from "@aspenjs/codec";
import { readKeyValueEntry } from "@aspenjs/protocol";
import { stateMachineLimits } from "./limits.ts";
import type { RowWriter } from "./row-writer.ts";

const PUT = 0;
const DELETE = 1;
const CHANGE_CELLS = 3;
const ENTRY_CELLS = 6;

/** The changes of one revision as they are stored. */
export interface SavedChanges {
  readonly revision: Revision;
  /** Of the command that made them. */
  readonly logTimeMs: number;
  readonly content: Uint8Array;
}

/** The bytes that `encodeRow` would give. */
export function encodeChanges(changes: readonly KeyChange[], writer: RowWriter): Uint8Array {
  assert(changes.length <= stateMachineLimits.changesMax, "one command changes so many keys");
  const byteLength = changes.reduce((sum, change) => sum + changeLength(change), headLength(changes.length));
  assert(byteLength <= stateMachineLimits.changeRowBytesMax, "what one command changes fits its row");
  writer.begin(byteLength);
  writer.cells.list(changes.length);
  for (const change of changes) writeChange(writer.cells, change);
  return writer.finish();
}

/** @throws DecodeError */
export function decodeChanges({ revision, content }: Pick<SavedChanges, "revision" | "content">): readonly KeyChange[] {
  const row = decodeRow(content, stateMachineLimits.changeRowBytesMax, stateMachineLimits.changeRowCellsMax);
  if (row.remaining > stateMachineLimits.changesMax) throw new DecodeError(`${row.remaining} keys at one revision`);
  const changes: KeyChange[] = [];
  let lastKey: string | undefined;
  while (row.remaining > 0) {
    const change = readChange(row.row("change"), revision);
    const key = keyOf(change);
    if (lastKey !== undefined && compareKeys(lastKey, key) >= 0) throw new DecodeError("changes are not in key order");
    lastKey = key;
    changes.push(change);
  }
  return changes;
}

export function keyOf(change: KeyChange): string {
  return change.kind === "put" ? change.entry.key : change.key;
}

/** A list of three, its kind, the entry or the key, and what was there before. */
function changeLength(change: KeyChange): number {
  const current = change.kind === "put" ? entryLength(change.entry) : textLength(change.key);
  return 2 + current + (change.previous === undefined ? 1 : entryLength(change.previous));
}

function writeChange(writer: CellWriter, change: KeyChange): void {
  writer.list(CHANGE_CELLS);
  if (change.kind === "put") {
    writer.integer(PUT);
    writeEntry(writer, change.entry);
  } else {
    writer.integer(DELETE);
    writer.text(change.key, utf8ByteLength(change.key));
  }
  if (change.previous === undefined) writer.nothing();
  else writeEntry(writer, change.previous);
}

function entryLength({ key, value, createRevision, modRevision, version, leaseId }: KeyValueEntry): number {
  return (
    1 +
    textLength(key) +
    headLength(value.byteLength) +
    value.byteLength +
    headLength(createRevision) +
    headLength(modRevision) +
    headLength(version) +
    (leaseId === undefined ? 1 : headLength(leaseId))
  );
}

/** As `keyValueEntryRow` has it. */
function writeEntry(
  writer: CellWriter,
  { key, value, createRevision, modRevision, version, leaseId }: KeyValueEntry,
): void {
  writer.list(ENTRY_CELLS);
  writer.text(key, utf8ByteLength(key));
  writer.bytes(value);
  writer.integer(createRevision);
  writer.integer(modRevision);
  writer.integer(version);
  if (leaseId === undefined) writer.nothing();
  else writer.integer(leaseId);
}

function textLength(text: string): number {
  const byteLength = utf8ByteLength(text);
  return headLength(byteLength) + byteLength;
}

function readChange(row: RowReader, revision: Revision): KeyChange {
  if (row.integer("kind", PUT, DELETE) === PUT) {
    const entry = readKeyValueEntry(row.row("entry"));
    if (entry.modRevision !== revision) throw new DecodeError("a change belongs to another revision");
    const previous = readPrevious(row, entry.key, revision);
    return { kind: "put", entry, ...previous };
  }
  const key = row.text("key", limits.keyBytesMax);
  if (key.length === 0) throw new DecodeError("a key must not be empty");
  return { kind: "delete", key, ...readPrevious(row, key, revision) };
}

function readPrevious(row: RowReader, key: string, revision: Revision): { readonly previous?: KeyValueEntry } {
  const previous = row.optional((cells) => readKeyValueEntry(cells.row("previous")));
  row.end();
  if (previous === undefined) return {};
  if (previous.key !== key) throw new DecodeError("what was there before belongs to another key");
  if (previous.modRevision >= revision) throw new DecodeError("what was there before is not older than the change");
  return { previous };
}
