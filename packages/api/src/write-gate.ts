import { AspenError } from "./aspen-error.ts";
import { unreachable } from "./assert.ts";
import { assertUserKey, utf8ByteLength } from "./key.ts";
import { assertLeaseBinding, assertLeaseId, assertLeaseTtl } from "./lease-gate.ts";
import { limits } from "./limits.ts";
import { assertKeyRange } from "./scan-gate.ts";
import { assertTransaction } from "./transaction-gate.ts";
import { assertCommandBytes, assertItemCount, assertPair, assertValue } from "./value-gate.ts";
import type { Expected, KeyValuePair, WriteCommand } from "./write-command.ts";

/**
 * The gate before consensus: what passes here is applied by every replica.
 * @throws AspenError `invalid_request`, `key_too_large`, `value_too_large`, `batch_too_large`
 */
export function assertWriteCommand(command: WriteCommand): void {
  switch (command.kind) {
    case "set":
      assertPair(command);
      return assertLeaseBinding(command);
    case "delete":
      return assertUserKey(command.key);
    case "deleteRange":
      return assertKeyRange(command.range);
    case "compareAndSwap":
      assertPair(command);
      return assertExpected(command.expected);
    case "compareAndDelete":
      assertUserKey(command.key);
      return assertExpected(command.expected);
    case "setMulti":
      return assertBatch(
        command.pairs.map((pair) => pair.key),
        command.pairs,
        assertPair,
      );
    case "deleteMulti":
      return assertBatch(command.keys, command.keys, assertUserKey);
    case "transaction":
      return assertTransaction(command);
    case "leaseGrant":
      assertLeaseTtl(command.ttlMs);
      return command.leaseId === undefined ? undefined : assertLeaseId(command.leaseId);
    case "leaseRevoke":
      return assertLeaseId(command.leaseId);
    default:
      return unreachable(command);
  }
}

function assertExpected(expected: Expected): void {
  if (expected.kind === "value") assertValue(expected.value);
  if (expected.kind === "modRevision" && !(Number.isSafeInteger(expected.modRevision) && expected.modRevision >= 1)) {
    throw new AspenError("invalid_request", "a modRevision is an integer of at least 1");
  }
}

function assertBatch<Item extends string | KeyValuePair>(
  keys: readonly string[],
  items: readonly Item[],
  assertItem: (item: Item) => void,
): void {
  if (items.length === 0) throw new AspenError("invalid_request", "a multi command needs at least one item");
  assertItemCount(items.length, limits.batchItemsMax);
  for (const item of items) assertItem(item);
  if (new Set(keys).size !== keys.length) {
    throw new AspenError("invalid_request", "a key must not appear twice in one command");
  }
  assertCommandBytes(items.reduce((sum, item) => sum + itemByteLength(item), 0));
}

function itemByteLength(item: string | KeyValuePair): number {
  if (typeof item === "string") return utf8ByteLength(item);
  return utf8ByteLength(item.key) + item.value.byteLength;
}
