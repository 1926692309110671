import { expect, test } from "vitest";
import { AspenError } from "./aspen-error.ts";
import { WRITE_REFUSALS, writeRefusalError, type WriteRefusal } from "./write-refusal.ts";

test.each<[WriteRefusal, string, boolean]>([
  ["leaseNotFound", "not_found", false],
  ["leaseExists", "conflict", false],
  ["tooManyLeases", "resource_exhausted", true],
  ["tooManyKeys", "batch_too_large", false],
  ["resultTooLarge", "batch_too_large", false],
])("%s is told as %s, retryable: %s, and as not applied", (refusal, code, retryable) => {
  const error = writeRefusalError(refusal);
  expect(error).toBeInstanceOf(AspenError);
  expect([error.code, error.retryable, error.details]).toEqual([code, retryable, { outcome: "not_applied" }]);
});

test("every refusal says something of its own", () => {
  const messages = WRITE_REFUSALS.map((refusal) => writeRefusalError(refusal).message);
  expect(new Set(messages).size).toBe(WRITE_REFUSALS.length);
});
