/** Stable over releases and languages; on the wire as text. */
export const ERROR_CODES = [
  "invalid_request",
  "key_too_large",
  "value_too_large",
  "batch_too_large",
  "not_found",
  "conflict",
  "not_initialized",
  "already_initialized",
  "not_leader",
  "unavailable",
  "timeout",
  "resource_exhausted",
  "compacted",
  "lagged",
  "index_not_available",
  "unauthorized",
  "forbidden",
  "unsupported",
  "corrupt",
  "disk_full",
  "shutting_down",
  "internal",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** Codes after which the same call may succeed without anyone changing it. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  "not_initialized",
  "not_leader",
  "unavailable",
  "timeout",
  "resource_exhausted",
  "shutting_down",
]);

export function isRetryable(code: ErrorCode): boolean {
  return RETRYABLE.has(code);
}
