import { AspenError } from "./aspen-error.ts";
import { assertUserKey, utf8ByteLength } from "./key.ts";
import { limits } from "./limits.ts";
import { unreachable } from "./assert.ts";
import type { Expected, KeyValuePair, WriteCommand } from "./write-command.ts";

/**
 * The gate before consensus: what passes here is applied by every replica.
 * @throws AspenError `invalid_request`, `key_too_large`, `value_too_large`, `batch_too_large`
 */
export function assertWriteCommand(command: WriteCommand): void {
  switch (command.kind) {
    case "set":
      return assertPair(command);
    case "delete":
      return assertUserKey(command.key);
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
    default:
      return unreachable(command);
  }
}

function assertPair(pair: KeyValuePair): void {
  assertUserKey(pair.key);
  assertValue(pair.value);
}

function assertValue(value: Uint8Array): void {
  if (!(value instanceof Uint8Array)) throw new AspenError("invalid_request", "a value is a Uint8Array");
  if (value.byteLength > limits.valueBytesMax) {
    throw new AspenError("value_too_large", `value of ${value.byteLength} bytes exceeds ${limits.valueBytesMax}`, {
      details: { size: value.byteLength, max: limits.valueBytesMax },
    });
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
  if (items.length > limits.batchItemsMax) {
    throw new AspenError("batch_too_large", `${items.length} items exceed ${limits.batchItemsMax}`, {
      details: { size: items.length, max: limits.batchItemsMax },
    });
  }
  for (const item of items) assertItem(item);
  if (new Set(keys).size !== keys.length) {
    throw new AspenError("invalid_request", "a key must not appear twice in one command");
  }
  const size = items.reduce((sum, item) => sum + itemByteLength(item), 0);
  if (size > limits.commandBytesMax) {
    throw new AspenError("batch_too_large", `command of ${size} bytes exceeds ${limits.commandBytesMax}`, {
      details: { size, max: limits.commandBytesMax },
    });
  }
}

function itemByteLength(item: string | KeyValuePair): number {
  if (typeof item === "string") return utf8ByteLength(item);
  return utf8ByteLength(item.key) + item.value.byteLength;
}
