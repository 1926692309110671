import { limits, type LeaseId } from "@aspenjs/api";
import { parseDuration } from "./duration.ts";
import { UsageError } from "./usage-error.ts";

const TTL_DAYS_MAX = Math.floor(limits.leaseTtlMsMax / 86_400_000);

/** @throws UsageError */
export function parseLeaseId(text: string): LeaseId {
  const leaseId = Number(text);
  if (/^\d+$/.test(text) && leaseId >= 1 && leaseId <= limits.leaseIdMax) return leaseId;
  throw new UsageError(`"${text}" is no lease id; ids are integers from 1 to 2^53 - 1`);
}

/** A time to live, in whole milliseconds. @throws UsageError */
export function parseTimeToLive(text: string): number {
  const ttlMs = parseDuration(text);
  if (ttlMs >= limits.leaseTtlMsMin && ttlMs <= limits.leaseTtlMsMax) return ttlMs;
  throw new UsageError(`a time to live is at least ${limits.leaseTtlMsMin}ms and at most ${TTL_DAYS_MAX}d`);
}

/** The one text of an id, in every format of output. */
export function leaseIdText(leaseId: LeaseId): string {
  return String(leaseId);
}
