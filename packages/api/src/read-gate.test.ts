import { expect, test } from "vitest";
import { AspenError } from "./aspen-error.ts";
import type { KeyValueEntry } from "./key-value-entry.ts";
import { limits } from "./limits.ts";
import { assertLeasePosition, assertReadEntries, assertReadKeys } from "./read-gate.ts";

function refusalOf(gate: () => void): AspenError | undefined {
  try {
    gate();
  } catch (error) {
    if (error instanceof AspenError) return error;
    throw error;
  }
  return undefined;
}

const keys = (count: number) => Array.from({ length: count }, (_, item) => `k${item}`);

test.each<[string, readonly string[], string | undefined]>([
  ["one key", ["k"], undefined],
  ["one key several times", ["k", "a", "k"], undefined],
  ["as many keys as may be", keys(limits.batchItemsMax), undefined],
  ["no key", [], "invalid_request"],
  ["an empty key", ["k", ""], "invalid_request"],
  ["a system key", ["k", "\u0000k"], "invalid_request"],
  ["half a character", ["\uD800"], "invalid_request"],
  ["a long key", ["k".repeat(limits.keyBytesMax + 1)], "key_too_large"],
  ["too many keys", keys(limits.batchItemsMax + 1), "batch_too_large"],
])("a read of %s: %s", (_name, asked, code) => {
  expect(refusalOf(() => assertReadKeys(asked))?.code).toBe(code);
});

test("too many keys are told with their maximum", () => {
  const error = refusalOf(() => assertReadKeys(keys(limits.batchItemsMax + 1)));
  expect(error?.details).toEqual({ size: limits.batchItemsMax + 1, max: limits.batchItemsMax });
});

test("entries are answered up to 4 MiB of keys and values, in bytes", () => {
  const entry = (key: string, size: number): KeyValueEntry => {
    return { key, value: new Uint8Array(size), createRevision: 1, modRevision: 1, version: 1 };
  };
  const quarter = limits.scanPageBytesMax / 4 - 2;
  const whole = [undefined, ...["é", "ü", "ab", "cd"].map((key) => entry(key, quarter)), undefined];
  expect(refusalOf(() => assertReadEntries(whole))).toBeUndefined();
  const error = refusalOf(() => assertReadEntries([...whole, entry("é", 0)]));
  expect(error?.code).toBe("batch_too_large");
  expect(error?.details).toEqual({ size: limits.scanPageBytesMax + 2, max: limits.scanPageBytesMax });
});

test.each([
  [0, undefined],
  [1, undefined],
  [limits.leaseIdMax, undefined],
  [-1, "invalid_request"],
  [0.5, "invalid_request"],
  [limits.leaseIdMax + 1, "invalid_request"],
  [Number.NaN, "invalid_request"],
])("leases behind %s: %s", (after, code) => {
  expect(refusalOf(() => assertLeasePosition(after))?.code).toBe(code);
});
