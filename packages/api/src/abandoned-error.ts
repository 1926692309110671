import { AspenError, type ErrorDetails } from "./aspen-error.ts";

/** How a call ends whose caller gave it up: with the caller's own reason where that is an `AspenError`. */
export function abandonedError(signal: AbortSignal, details: ErrorDetails = {}): AspenError {
  if (signal.reason instanceof AspenError) return signal.reason;
  return new AspenError("timeout", "the caller gave up", { details, retryable: false, cause: signal.reason });
}
