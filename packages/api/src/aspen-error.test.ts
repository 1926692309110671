import { describe, expect, test, vi } from "vitest";
import { AspenError } from "./aspen-error.ts";
import { ERROR_CODES, isRetryable } from "./error-code.ts";

/** The module a second time, as two versions of the package in one program load it. */
async function duplicateInstall(): Promise<{ readonly AspenError: typeof AspenError }> {
  vi.resetModules();
  return await import("./aspen-error.ts");
}

describe("AspenError", () => {
  test("instanceof holds across two instances of the module, in both directions", async () => {
    const other = await duplicateInstall();
    expect(other.AspenError).not.toBe(AspenError);
    expect(new other.AspenError("timeout", "late") instanceof AspenError).toBe(true);
    expect(new AspenError("timeout", "late") instanceof other.AspenError).toBe(true);
    expect(AspenError.isCode(new other.AspenError("timeout", "late"), "timeout")).toBe(true);
  });

  test.each([new Error("x"), { code: "timeout" }, undefined, null, "AspenError", 1])("%j is none", (value) => {
    expect(value instanceof AspenError).toBe(false);
    expect(AspenError.isCode(value, "timeout")).toBe(false);
  });

  test("is an Error with name, message, cause and a stack", () => {
    const cause = new Error("socket closed");
    const error = new AspenError("unavailable", "no quorum", { cause, details: { size: 2 } });
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.message, error.code, error.cause]).toEqual([
      "AspenError",
      "no quorum",
      "unavailable",
      cause,
    ]);
    expect(error.details).toEqual({ size: 2 });
    expect(error.stack).toContain("aspen-error.test.ts");
  });

  test("has no cause, and no details, unless it was given them", () => {
    const error = new AspenError("internal", "broken");
    expect("cause" in error).toBe(false);
    expect(error.details).toEqual({});
  });

  test("the brand stays out of JSON and of the error's own listed properties", () => {
    const error = new AspenError("timeout", "late");
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: "AspenError",
      code: "timeout",
      retryable: true,
      details: {},
    });
  });

  test.each(ERROR_CODES)("%s is retryable by default exactly when its code is", (code) => {
    expect(new AspenError(code, "text").retryable).toBe(isRetryable(code));
    expect(new AspenError(code, "text", { retryable: !isRetryable(code) }).retryable).toBe(!isRetryable(code));
  });
});

test("retrying helps against the world, never against one's own request", () => {
  expect(ERROR_CODES.filter(isRetryable)).toEqual([
    "not_initialized",
    "not_leader",
    "unavailable",
    "timeout",
    "resource_exhausted",
    "shutting_down",
  ]);
});

test("error codes are distinct words of lower-case letters", () => {
  expect(new Set(ERROR_CODES).size).toBe(ERROR_CODES.length);
  for (const code of ERROR_CODES) expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
});
