import { AspenError } from "./aspen-error.ts";
import { assertUserKey } from "./key.ts";
import { limits } from "./limits.ts";
import type { KeyValuePair } from "./write-command.ts";

/** @throws AspenError `invalid_request`, `value_too_large` */
export function assertValue(value: Uint8Array): void {
  if (!(value instanceof Uint8Array)) throw new AspenError("invalid_request", "a value is a Uint8Array");
  if (value.byteLength > limits.valueBytesMax) {
    throw new AspenError("value_too_large", `value of ${value.byteLength} bytes exceeds ${limits.valueBytesMax}`, {
      details: { size: value.byteLength, max: limits.valueBytesMax },
    });
  }
}

/** @throws AspenError `invalid_request`, `key_too_large`, `value_too_large` */
export function assertPair({ key, value }: KeyValuePair): void {
  assertUserKey(key);
  assertValue(value);
}

/** @throws AspenError `batch_too_large` */
export function assertCommandBytes(size: number): void {
  if (size <= limits.commandBytesMax) return;
  throw new AspenError("batch_too_large", `command of ${size} bytes exceeds ${limits.commandBytesMax}`, {
    details: { size, max: limits.commandBytesMax },
  });
}

/** @throws AspenError `batch_too_large` */
export function assertItemCount(count: number, max: number): void {
  if (count <= max) return;
  throw new AspenError("batch_too_large", `${count} items exceed ${max}`, { details: { size: count, max } });
}
