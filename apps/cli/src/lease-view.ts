import type { LeaseStatus } from "@aspenjs/api";
import { leaseIdText } from "./lease-text.ts";
import type { JsonValue } from "./output-format.ts";

/** Whole milliseconds, never more than there are. */
export function leaseJson({ leaseId, ttlMs, remainingMs }: LeaseStatus): {
  readonly [name: string]: JsonValue;
} {
  return { leaseId: leaseIdText(leaseId), ttlMs, remainingMs: Math.floor(remainingMs) };
}
