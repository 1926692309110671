import { AspenError } from "./aspen-error.ts";
import type { LeaseBinding, LeaseId } from "./lease.ts";
import { limits } from "./limits.ts";

/** @throws AspenError `invalid_request` */
export function assertLeaseId(leaseId: LeaseId): void {
  if (Number.isSafeInteger(leaseId) && leaseId >= 1) return;
  throw new AspenError("invalid_request", "a lease id is an integer from 1 to 2^53 - 1");
}

/** @throws AspenError `invalid_request` */
export function assertLeaseTtl(ttlMs: number): void {
  const { leaseTtlMsMin: min, leaseTtlMsMax: max } = limits;
  if (Number.isSafeInteger(ttlMs) && ttlMs >= min && ttlMs <= max) return;
  throw new AspenError("invalid_request", `a time to live is a whole number of milliseconds from ${min} to ${max}`, {
    details: { min, max },
  });
}

/** @throws AspenError `invalid_request` */
export function assertLeaseBinding({ leaseId, ttlMs }: LeaseBinding): void {
  if (leaseId !== undefined && ttlMs !== undefined) {
    throw new AspenError("invalid_request", "a key is bound to a lease or has a time to live of its own, not both");
  }
  if (leaseId !== undefined) assertLeaseId(leaseId);
  if (ttlMs !== undefined) assertLeaseTtl(ttlMs);
}
