import { AspenError } from "./aspen-error.ts";
import { compareKeys } from "./key.ts";
import { limits } from "./limits.ts";
import { READ_CONSISTENCIES, type KeyRange, type ReadOptions, type ScanQuery, type ScanRequest } from "./read.ts";
import { decodeContinuation } from "./continuation.ts";

/**
 * The gate before a scan: what passes is a query that any state can answer.
 * @throws AspenError `invalid_request`
 */
export function scanQuery(request: ScanRequest): ScanQuery {
  assertReadOptions(request);
  assertRange(request.range);
  const limit = request.limit ?? limits.scanLimitDefault;
  if (!Number.isSafeInteger(limit) || limit < 0 || limit > limits.scanLimitMax) {
    throw new AspenError("invalid_request", `a scan limit is an integer from 0 to ${limits.scanLimitMax}`, {
      details: { limit, max: limits.scanLimitMax },
    });
  }
  const reverse = request.reverse ?? false;
  const after = continuationKey(request, reverse);
  return { range: request.range, limit, reverse, keysOnly: request.keysOnly ?? false, after };
}

export function assertReadOptions({ consistency }: ReadOptions): void {
  if (consistency === undefined || READ_CONSISTENCIES.includes(consistency)) return;
  throw new AspenError("invalid_request", `a consistency is one of ${READ_CONSISTENCIES.join(", ")}`);
}

function assertRange(range: KeyRange): void {
  const bounds = range.kind === "prefix" ? [range.prefix] : [range.start, range.end];
  if (bounds.every((bound) => bound.isWellFormed())) return;
  throw new AspenError("invalid_request", "a bound of a range must not hold an unpaired surrogate");
}

function continuationKey({ continuation, range }: ScanRequest, reverse: boolean): string | undefined {
  if (continuation === undefined) return undefined;
  const decoded = decodeContinuation(continuation);
  if (decoded.reverse === reverse && isInRange(decoded.after, range)) return decoded.after;
  throw new AspenError("invalid_request", "the continuation belongs to another scan");
}

function isInRange(key: string, range: KeyRange): boolean {
  if (range.kind === "prefix") return key.startsWith(range.prefix);
  return compareKeys(key, range.start) >= 0 && compareKeys(key, range.end) < 0;
}
