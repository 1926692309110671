import { describe, expect, test } from "vitest";
import { AspenError } from "./aspen-error.ts";
import { assertLeaseBinding, assertLeaseId, assertLeaseTtl } from "./lease-gate.ts";
import type { LeaseBinding } from "./lease.ts";
import { limits } from "./limits.ts";

function codeOf(gate: () => void): string | undefined {
  try {
    gate();
  } catch (error) {
    if (error instanceof AspenError) return error.code;
    throw error;
  }
  return undefined;
}

test.each([
  [1, undefined],
  [limits.leaseIdMax, undefined],
  [0, "invalid_request"],
  [-1, "invalid_request"],
  [1.5, "invalid_request"],
  [limits.leaseIdMax + 1, "invalid_request"],
  [Number.NaN, "invalid_request"],
  [Number.POSITIVE_INFINITY, "invalid_request"],
  ["1" as unknown as number, "invalid_request"],
])("%s as the number of a lease: %s", (leaseId, code) => {
  expect(codeOf(() => assertLeaseId(leaseId))).toBe(code);
});

test.each([
  [limits.leaseTtlMsMin, undefined],
  [limits.leaseTtlMsMax, undefined],
  [limits.leaseTtlMsMin - 1, "invalid_request"],
  [limits.leaseTtlMsMax + 1, "invalid_request"],
  [0, "invalid_request"],
  [100.5, "invalid_request"],
  [Number.NaN, "invalid_request"],
  ["1000" as unknown as number, "invalid_request"],
])("%s ms as the time of a lease: %s", (ttlMs, code) => {
  expect(codeOf(() => assertLeaseTtl(ttlMs))).toBe(code);
});

test("a time to live out of bounds is told with the bounds", () => {
  expect(() => {
    assertLeaseTtl(1);
  }).toThrow(expect.objectContaining({ details: { min: limits.leaseTtlMsMin, max: limits.leaseTtlMsMax } }));
});

describe("a binding", () => {
  test.each<[string, LeaseBinding, string | undefined]>([
    ["to nothing", {}, undefined],
    ["to a lease", { leaseId: 7 }, undefined],
    ["to a time", { ttlMs: 1_000 }, undefined],
    ["to both", { leaseId: 7, ttlMs: 1_000 }, "invalid_request"],
    ["to lease 0", { leaseId: 0 }, "invalid_request"],
    ["to no time", { ttlMs: 0 }, "invalid_request"],
  ])("%s: %s", (_name, binding, code) => {
    expect(codeOf(() => assertLeaseBinding(binding))).toBe(code);
  });
});
