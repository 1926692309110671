import { fail, ok } from "node:assert/strict";
import { AspenError } from "../aspen-error.ts";
import type { ErrorCode } from "../error-code.ts";

const SHOWN_CHARACTERS_MAX = 300;

/** Demands that the call is refused with an `AspenError` of the code, and hands the error on for a closer look. */
export async function refusal(call: Promise<unknown>, code: ErrorCode): Promise<AspenError> {
  let outcome: unknown;
  try {
    outcome = await call;
  } catch (error) {
    ok(error instanceof AspenError, `expected an AspenError ${code}, got ${String(error)}`);
    ok(error.code === code, `expected ${code}, got ${error.code}: ${error.message}`);
    return error;
  }
  return fail(
    `expected ${code}, but the call succeeded with ${JSON.stringify(outcome).slice(0, SHOWN_CHARACTERS_MAX)}`,
  );
}
