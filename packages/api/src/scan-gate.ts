import { AspenError } from "./aspen-error.ts";
import { compareKeys, utf8ByteLength } from "./key.ts";
import { limits } from "./limits.ts";
import {
  READ_CONSISTENCIES,
  READ_FALLBACKS,
  type KeyRange,
  type ReadOptions,
  type ScanQuery,
  type ScanRequest,
} from "./read.ts";
import { decodeContinuation } from "./continuation.ts";

/**
 * The gate before a scan: what passes is a query that any state can answer.
 * @throws AspenError `invalid_request`
 */
export function scanQuery(request: ScanRequest): ScanQuery {
  assertReadOptions(request);
  assertKeyRange(request.range);
  const limit = request.limit ?? limits.scanLimitDefault;
  assertScanLimit(limit);
  const reverse = request.reverse ?? false;
  const after = continuationKey(request, reverse);
  return { range: request.range, limit, reverse, keysOnly: request.keysOnly ?? false, after };
}

/** @throws AspenError `invalid_request` */
export function assertReadOptions({ consistency, fallback }: ReadOptions): void {
  if (consistency !== undefined && !READ_CONSISTENCIES.includes(consistency)) {
    throw new AspenError("invalid_request", `a consistency is one of ${READ_CONSISTENCIES.join(", ")}`);
  }
  if (fallback !== undefined && !READ_FALLBACKS.includes(fallback)) {
    throw new AspenError("invalid_request", `a fallback is one of ${READ_FALLBACKS.join(", ")}`);
  }
}

/** @throws AspenError `invalid_request` */
export function assertScanLimit(limit: number): void {
  if (Number.isSafeInteger(limit) && limit >= 0 && limit <= limits.scanLimitMax) return;
  throw new AspenError("invalid_request", `a scan limit is an integer from 0 to ${limits.scanLimitMax}`, {
    details: { limit, max: limits.scanLimitMax },
  });
}

/** @throws AspenError `invalid_request` */
export function assertKeyRange(range: KeyRange): void {
  const bounds = range.kind === "prefix" ? [range.prefix] : [range.start, range.end];
  for (const bound of bounds) assertBound(bound);
}

function assertBound(bound: string): void {
  if (!bound.isWellFormed()) {
    throw new AspenError("invalid_request", "a bound of a range must not hold an unpaired surrogate");
  }
  const size = utf8ByteLength(bound);
  if (size <= limits.rangeBoundBytesMax) return;
  throw new AspenError("invalid_request", `a bound of a range has at most ${limits.rangeBoundBytesMax} bytes`, {
    details: { size, max: limits.rangeBoundBytesMax },
  });
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
