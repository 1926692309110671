import { AspenError } from "./aspen-error.ts";
import type { ErrorCode } from "./error-code.ts";

/** Why the state machine, which alone can know, left a command without effect. Part of the replicated state. */
export const WRITE_REFUSALS = [
  "leaseNotFound",
  "leaseExists",
  "tooManyLeases",
  "tooManyKeys",
  "resultTooLarge",
] as const;
export type WriteRefusal = (typeof WRITE_REFUSALS)[number];

const ERRORS: Readonly<Record<WriteRefusal, readonly [code: ErrorCode, message: string]>> = {
  leaseNotFound: ["not_found", "there is no such lease"],
  leaseExists: ["conflict", "there is a lease with this number"],
  tooManyLeases: ["resource_exhausted", "there are as many leases as there may be"],
  tooManyKeys: ["batch_too_large", "more keys than one command may change, so nothing was changed"],
  resultTooLarge: ["batch_too_large", "the result would be too large, so nothing was changed"],
};

/** What the caller of a refused write is told. */
export function writeRefusalError(refusal: WriteRefusal): AspenError {
  const [code, message] = ERRORS[refusal];
  return new AspenError(code, message, { details: { outcome: "not_applied" } });
}
