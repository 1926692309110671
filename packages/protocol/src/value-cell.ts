/** Keys, values and numbers as single cells: what does not fit the reader's bounds fails an assertion of the writer. */
import { assert, AssertionFailure, limits, utf8ByteLength } from "@aspenjs/api";
import { DecodeError, type RowReader } from "@aspenjs/codec";

export function keyCell(key: string): string {
  assert(key.length > 0, "a key must not be empty");
  assert(key.isWellFormed(), "a key must not hold an unpaired surrogate");
  assert(utf8ByteLength(key) <= limits.keyBytesMax, "a key fits its bound");
  return key;
}

/** @throws DecodeError */
export function readKey(row: RowReader): string {
  const key = row.text("key", limits.keyBytesMax);
  if (key.length === 0) throw new DecodeError("a key must not be empty");
  return key;
}

export function valueCell(value: Uint8Array): Uint8Array {
  assert(value.byteLength <= limits.valueBytesMax, "a value fits its bound");
  return value;
}

/** @throws DecodeError */
export function readValue(row: RowReader): Uint8Array {
  return row.bytes("value", limits.valueBytesMax);
}

/** The bounds are those of `RowReader.integer`. */
export function integerCell(name: string, value: number, min = 0, max = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new AssertionFailure(`${name} is an integer from ${min} to ${max}`);
}
