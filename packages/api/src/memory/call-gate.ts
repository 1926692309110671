import { AspenError } from "../aspen-error.ts";
import type { CallOptions } from "../call-options.ts";

/**
 * A call in memory ends at once, so no deadline can pass; only a caller that gave up before it began is refused.
 * @throws AspenError `timeout`, with the signal's reason as its cause
 */
export function assertStillWanted(options: CallOptions | undefined): void {
  if (options?.signal?.aborted !== true) return;
  throw new AspenError("timeout", "the caller gave up before the call began", {
    retryable: false,
    cause: options.signal.reason,
  });
}
