/**
 * What each write does to the table. Both backends run this code, so they cannot come to different results.
 *
 * - A command that changes at least one key takes the next revision; one that changes nothing takes none.
 * - Every result carries the store's revision after the command.
 */
import { Buffer } from "node:buffer";
import {
  compareKeys,
  unreachable,
  utf8ByteLength,
  type CompareAndDeleteCommand,
  type CompareAndSwapCommand,
  type CompareResult,
  type DeleteResult,
  type Expected,
  type KeyValueEntry,
  type Revision,
  type SetCommand,
  type SetResult,
  type WriteCommand,
  type WriteResult,
} from "@aspenjs/api";
import type { KeyValueTable } from "./key-value-table.ts";
import { stateMachineLimits } from "./limits.ts";

/** `result.revision` is the store's revision from now on. */
export function applyWrite(command: WriteCommand, revision: Revision, table: KeyValueTable): WriteResult {
  switch (command.kind) {
    case "set":
      return applySet(command, revision, table);
    case "setMulti":
      for (const pair of command.pairs) table.set(pair.key, pair.value, revision + 1);
      return { kind: "setMulti", revision: revision + 1 };
    case "delete":
      return applyDelete([command.key], command.returnPrevious ?? false, revision, table);
    case "deleteMulti":
      return applyDelete(command.keys, command.returnPrevious ?? false, revision, table);
    case "compareAndSwap":
    case "compareAndDelete":
      return applyCompare(command, revision, table);
    default:
      return unreachable(command);
  }
}

function applySet(command: SetCommand, revision: Revision, table: KeyValueTable): SetResult {
  const previous = command.returnPrevious === true ? table.get(command.key) : undefined;
  table.set(command.key, command.value, revision + 1);
  return previous === undefined
    ? { kind: "set", revision: revision + 1 }
    : { kind: "set", revision: revision + 1, previous };
}

function applyDelete(
  keys: readonly string[],
  isPreviousWanted: boolean,
  revision: Revision,
  table: KeyValueTable,
): DeleteResult {
  const previous: KeyValueEntry[] = [];
  let previousBytes = 0;
  let deletedCount = 0;
  for (const key of keys) {
    if (isPreviousWanted && previousBytes <= stateMachineLimits.previousBytesMax) {
      const entry = table.get(key);
      if (entry === undefined) continue;
      previous.push(entry);
      previousBytes += utf8ByteLength(key) + entry.value.byteLength;
    }
    if (table.delete(key)) deletedCount += 1;
  }
  const result: DeleteResult = {
    kind: "delete",
    revision: deletedCount > 0 ? revision + 1 : revision,
    deletedCount,
  };
  if (!isPreviousWanted || previousBytes > stateMachineLimits.previousBytesMax) return result;
  return { ...result, previous: previous.sort((left, right) => compareKeys(left.key, right.key)) };
}

function applyCompare(
  command: CompareAndSwapCommand | CompareAndDeleteCommand,
  revision: Revision,
  table: KeyValueTable,
): CompareResult {
  const actual = table.get(command.key);
  if (!isExpected(actual, command.expected)) return { kind: "compare", outcome: "conflict", revision, actual };
  if (command.kind === "compareAndSwap") table.set(command.key, command.value, revision + 1);
  else if (!table.delete(command.key)) return { kind: "compare", outcome: "ok", revision };
  return { kind: "compare", outcome: "ok", revision: revision + 1 };
}

function isExpected(actual: KeyValueEntry | undefined, expected: Expected): boolean {
  switch (expected.kind) {
    case "absent":
      return actual === undefined;
    case "value":
      return actual !== undefined && isSameBytes(actual.value, expected.value);
    case "modRevision":
      return actual !== undefined && actual.modRevision === expected.modRevision;
    default:
      return unreachable(expected);
  }
}

function isSameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
