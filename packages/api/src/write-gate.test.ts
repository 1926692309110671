import { describe, expect, test } from "vitest";
import { AssertionFailure } from "./assert.ts";
import { AspenError } from "./aspen-error.ts";
import { limits } from "./limits.ts";
import { assertWriteCommand } from "./write-gate.ts";
import type { WriteCommand } from "./write-command.ts";

const value = new Uint8Array([1, 2, 3]);
const largest = new Uint8Array(limits.valueBytesMax);
const tooLarge = new Uint8Array(limits.valueBytesMax + 1);
const tooLong = "k".repeat(limits.keyBytesMax + 1);
const longestBound = "é".repeat(limits.rangeBoundBytesMax / 2);
const pairs = (count: number, bytes = value) =>
  Array.from({ length: count }, (_, item) => ({ key: `k${item}`, value: bytes }));
const keys = (count: number) => Array.from({ length: count }, (_, item) => `k${item}`);

function codeOf(command: WriteCommand): string | undefined {
  try {
    assertWriteCommand(command);
  } catch (error) {
    if (error instanceof AspenError) return error.code;
    throw error;
  }
  return undefined;
}

describe("assertWriteCommand", () => {
  test.each<[string, WriteCommand]>([
    ["set", { kind: "set", key: "k", value }],
    ["set of nothing", { kind: "set", key: "k", value: new Uint8Array() }],
    ["set of the largest value", { kind: "set", key: "k", value: largest }],
    ["set of a Buffer, which is a Uint8Array", { kind: "set", key: "k", value: Buffer.from("v") }],
    ["delete", { kind: "delete", key: "k" }],
    ["setMulti of one", { kind: "setMulti", pairs: pairs(1) }],
    ["setMulti of as many as may be", { kind: "setMulti", pairs: pairs(limits.batchItemsMax) }],
    ["deleteMulti of as many as may be", { kind: "deleteMulti", keys: keys(limits.batchItemsMax) }],
    ["compareAndSwap on absence", { kind: "compareAndSwap", key: "k", value, expected: { kind: "absent" } }],
    [
      "compareAndSwap on a value",
      { kind: "compareAndSwap", key: "k", value, expected: { kind: "value", value: largest } },
    ],
    ["compareAndDelete", { kind: "compareAndDelete", key: "k", expected: { kind: "modRevision", modRevision: 1 } }],
    ["set to a lease", { kind: "set", key: "k", value, leaseId: limits.leaseIdMax }],
    ["set with a time to live", { kind: "set", key: "k", value, ttlMs: limits.leaseTtlMsMax }],
    ["deleteRange of everything", { kind: "deleteRange", range: { kind: "prefix", prefix: "" } }],
    [
      "deleteRange of a range with long bounds",
      { kind: "deleteRange", range: { kind: "range", start: longestBound, end: longestBound } },
    ],
    ["transaction", { kind: "transaction", compares: [], success: [{ kind: "get", key: "k" }], failure: [] }],
    ["leaseGrant", { kind: "leaseGrant", ttlMs: limits.leaseTtlMsMin }],
    ["leaseGrant of a number", { kind: "leaseGrant", ttlMs: limits.leaseTtlMsMax, leaseId: 1 }],
    ["leaseRevoke", { kind: "leaseRevoke", leaseId: limits.leaseIdMax }],
  ])("%s passes", (_name, command) => {
    expect(codeOf(command)).toBeUndefined();
  });

  test.each<[string, string, WriteCommand]>([
    ["set without a key", "invalid_request", { kind: "set", key: "", value }],
    ["set of a system key", "invalid_request", { kind: "set", key: "\u0000k", value }],
    ["set of a long key", "key_too_large", { kind: "set", key: tooLong, value }],
    ["set of a large value", "value_too_large", { kind: "set", key: "k", value: tooLarge }],
    ["set of text", "invalid_request", { kind: "set", key: "k", value: "text" as unknown as Uint8Array }],
    [
      "set of a bare ArrayBuffer",
      "invalid_request",
      { kind: "set", key: "k", value: new ArrayBuffer(1) as unknown as Uint8Array },
    ],
    ["delete of half a character", "invalid_request", { kind: "delete", key: "\uD800" }],
    ["delete of a long key", "key_too_large", { kind: "delete", key: tooLong }],
    ["setMulti of none", "invalid_request", { kind: "setMulti", pairs: [] }],
    ["setMulti of too many", "batch_too_large", { kind: "setMulti", pairs: pairs(limits.batchItemsMax + 1) }],
    ["setMulti of a key twice", "invalid_request", { kind: "setMulti", pairs: [...pairs(2), ...pairs(1)] }],
    [
      "setMulti with a large value",
      "value_too_large",
      { kind: "setMulti", pairs: [...pairs(1), { key: "x", value: tooLarge }] },
    ],
    ["setMulti with a long key", "key_too_large", { kind: "setMulti", pairs: [{ key: tooLong, value }] }],
    ["setMulti of too many bytes", "batch_too_large", { kind: "setMulti", pairs: pairs(8, largest) }],
    ["deleteMulti of none", "invalid_request", { kind: "deleteMulti", keys: [] }],
    ["deleteMulti of too many", "batch_too_large", { kind: "deleteMulti", keys: keys(limits.batchItemsMax + 1) }],
    ["deleteMulti of a key twice", "invalid_request", { kind: "deleteMulti", keys: ["a", "b", "a"] }],
    ["deleteMulti with an empty key", "invalid_request", { kind: "deleteMulti", keys: ["a", ""] }],
    [
      "compareAndSwap to a large value",
      "value_too_large",
      { kind: "compareAndSwap", key: "k", value: tooLarge, expected: { kind: "absent" } },
    ],
    [
      "compareAndSwap from a large value",
      "value_too_large",
      { kind: "compareAndSwap", key: "k", value, expected: { kind: "value", value: tooLarge } },
    ],
    [
      "compareAndSwap at revision 0",
      "invalid_request",
      { kind: "compareAndSwap", key: "k", value, expected: { kind: "modRevision", modRevision: 0 } },
    ],
    [
      "compareAndDelete at half a revision",
      "invalid_request",
      { kind: "compareAndDelete", key: "k", expected: { kind: "modRevision", modRevision: 1.5 } },
    ],
    [
      "compareAndDelete without a key",
      "invalid_request",
      { kind: "compareAndDelete", key: "", expected: { kind: "absent" } },
    ],
    ["set to half a lease", "invalid_request", { kind: "set", key: "k", value, leaseId: 0.5 }],
    ["set with hardly any time", "invalid_request", { kind: "set", key: "k", value, ttlMs: limits.leaseTtlMsMin - 1 }],
    ["set with a lease and a time", "invalid_request", { kind: "set", key: "k", value, leaseId: 1, ttlMs: 1_000 }],
    [
      "deleteRange of half a character",
      "invalid_request",
      { kind: "deleteRange", range: { kind: "prefix", prefix: "\uD800" } },
    ],
    [
      "deleteRange to a bound that is too long",
      "invalid_request",
      { kind: "deleteRange", range: { kind: "range", start: "a", end: `${longestBound}k` } },
    ],
    ["transaction of nothing", "invalid_request", { kind: "transaction", compares: [], success: [], failure: [] }],
    ["leaseGrant without time", "invalid_request", { kind: "leaseGrant", ttlMs: 0 }],
    ["leaseGrant for ever", "invalid_request", { kind: "leaseGrant", ttlMs: Number.POSITIVE_INFINITY }],
    ["leaseGrant of number 0", "invalid_request", { kind: "leaseGrant", ttlMs: 1_000, leaseId: 0 }],
    ["leaseRevoke of number 0", "invalid_request", { kind: "leaseRevoke", leaseId: 0 }],
  ])("%s is %s", (_name, code, command) => {
    expect(codeOf(command)).toBe(code);
  });

  test("sizes are told with their maximum", () => {
    expect(() => {
      assertWriteCommand({ kind: "setMulti", pairs: pairs(8, largest) });
    }).toThrow(
      expect.objectContaining({
        details: { size: 8 * (limits.valueBytesMax + 2), max: limits.commandBytesMax },
        retryable: false,
      }),
    );
  });

  test("a kind that no version knows is a bug, not a bad request", () => {
    const command = { kind: "increment" } as unknown as WriteCommand;
    expect(() => {
      assertWriteCommand(command);
    }).toThrow(AssertionFailure);
  });
});
