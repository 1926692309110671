import { abandonedError } from "../abandoned-error.ts";
import type { CallOptions } from "../call-options.ts";

/**
 * A call in memory ends at once, so no deadline can pass; only a caller that gave up before it began is refused.
 * @throws AspenError `timeout`, with the signal's reason as its cause, or that reason if it is an AspenError
 */
export function assertStillWanted(options: CallOptions | undefined): void {
  if (options?.signal?.aborted === true) throw abandonedError(options.signal);
}
