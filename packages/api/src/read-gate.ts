import { AspenError } from "./aspen-error.ts";
import type { KeyValueEntry } from "./key-value-entry.ts";
import { assertUserKey, utf8ByteLength } from "./key.ts";
import type { LeaseId } from "./lease.ts";
import { limits } from "./limits.ts";
import { assertItemCount } from "./value-gate.ts";

/** @throws AspenError `invalid_request`, `key_too_large`, `batch_too_large` */
export function assertReadKeys(keys: readonly string[]): void {
  if (keys.length === 0) throw new AspenError("invalid_request", "a read of several keys needs at least one");
  assertItemCount(keys.length, limits.batchItemsMax);
  for (const key of keys) assertUserKey(key);
}

/** Whether so much may be answered at once. @throws AspenError `batch_too_large` */
export function assertReadEntries(entries: readonly (KeyValueEntry | undefined)[]): void {
  let size = 0;
  for (const entry of entries) if (entry !== undefined) size += utf8ByteLength(entry.key) + entry.value.byteLength;
  if (size <= limits.scanPageBytesMax) return;
  throw new AspenError("batch_too_large", `entries of ${size} bytes exceed ${limits.scanPageBytesMax}`, {
    details: { size, max: limits.scanPageBytesMax },
  });
}

/** Where a page of leases begins. @throws AspenError `invalid_request` */
export function assertLeasePosition(after: LeaseId): void {
  if (Number.isSafeInteger(after) && after >= 0) return;
  throw new AspenError("invalid_request", "leases are listed after 0 or after a lease id");
}
