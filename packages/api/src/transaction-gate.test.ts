import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AspenError } from "./aspen-error.ts";
import { AssertionFailure } from "./assert.ts";
import { limits } from "./limits.ts";
import { assertTransaction } from "./transaction-gate.ts";
import type { Compare, TransactionCommand, TransactionOperation } from "./transaction.ts";

const value = new Uint8Array([1, 2, 3]);
const largest = new Uint8Array(limits.valueBytesMax);
const tooLarge = new Uint8Array(limits.valueBytesMax + 1);
const tooLong = "k".repeat(limits.keyBytesMax + 1);
const longestBound = "k".repeat(limits.rangeBoundBytesMax);
const everything = { kind: "prefix", prefix: "" } as const;

function codeOf(command: Partial<TransactionCommand>): string | undefined {
  try {
    assertTransaction({ kind: "transaction", compares: [], success: [], failure: [], ...command });
  } catch (error) {
    if (error instanceof AspenError) return error.code;
    throw error;
  }
  return undefined;
}

function number(key: string, compared: number): Compare {
  return { key, target: "version", operator: "=", number: compared };
}

function sets(count: number, bytes = value): TransactionOperation[] {
  return Array.from({ length: count }, (_, item) => ({ kind: "set", key: `k${item}`, value: bytes }));
}

describe("a compare", () => {
  test.each<[string, Compare]>([
    ["of a value", { key: "k", target: "value", operator: "=", value }],
    ["of the largest value", { key: "k", target: "value", operator: ">", value: largest }],
    ["of no bytes", { key: "k", target: "value", operator: "<", value: new Uint8Array() }],
    ["of a version", { key: "k", target: "version", operator: "!=", number: 0 }],
    ["of a revision", { key: "k", target: "createRevision", operator: "<", number: Number.MAX_SAFE_INTEGER }],
    ["of the last revision", { key: "k", target: "modRevision", operator: ">", number: 1 }],
    ["of a lease", { key: "k", target: "lease", operator: "=", number: 7 }],
  ])("%s passes", (_name, compare) => {
    expect(codeOf({ compares: [compare] })).toBeUndefined();
  });

  test.each<[string, string, Compare]>([
    ["of no key", "invalid_request", number("", 1)],
    ["of a system key", "invalid_request", number("\u0000k", 1)],
    ["of a long key", "key_too_large", number(tooLong, 1)],
    ["of a large value", "value_too_large", { key: "k", target: "value", operator: "=", value: tooLarge }],
    ["of text", "invalid_request", { key: "k", target: "value", operator: "=", value: "v" as unknown as Uint8Array }],
    ["with less than nothing", "invalid_request", number("k", -1)],
    ["with half a number", "invalid_request", number("k", 1.5)],
    ["with no number", "invalid_request", number("k", Number.NaN)],
    ["with a number that loses digits", "invalid_request", number("k", 2 ** 53)],
    ["with text for a number", "invalid_request", number("k", "1" as unknown as number)],
    ["by another operator", "invalid_request", { ...number("k", 1), operator: ">=" as unknown as "=" }],
    ["of another target", "invalid_request", { ...number("k", 1), target: "size" as unknown as "version" } as Compare],
  ])("%s is %s", (_name, code, compare) => {
    expect(codeOf({ compares: [compare] })).toBe(code);
  });
});

describe("an operation", () => {
  const range = { kind: "range", start: "a", end: "b" } as const;

  test.each<[string, TransactionOperation]>([
    ["get", { kind: "get", key: "k" }],
    ["set", { kind: "set", key: "k", value: largest, returnPrevious: true }],
    ["set to a lease", { kind: "set", key: "k", value, leaseId: 1 }],
    ["set with a time to live", { kind: "set", key: "k", value, ttlMs: limits.leaseTtlMsMin }],
    ["delete", { kind: "delete", key: "k", returnPrevious: false }],
    ["deleteRange", { kind: "deleteRange", range }],
    ["deleteRange up to the longest bound", { kind: "deleteRange", range: { ...range, end: longestBound } }],
    ["deleteRange the wrong way round", { kind: "deleteRange", range: { ...range, start: "c" } }],
    ["scan", { kind: "scan", range: everything }],
    ["scan that counts", { kind: "scan", range: everything, limit: 0 }],
    ["scan of as many as may be", { kind: "scan", range, limit: limits.scanLimitMax, reverse: true, keysOnly: true }],
  ])("%s passes in either branch", (_name, operation) => {
    expect(codeOf({ success: [operation] })).toBeUndefined();
    expect(codeOf({ failure: [operation] })).toBeUndefined();
  });

  test.each<[string, string, TransactionOperation]>([
    ["get without a key", "invalid_request", { kind: "get", key: "" }],
    ["get of a long key", "key_too_large", { kind: "get", key: tooLong }],
    ["set of a system key", "invalid_request", { kind: "set", key: "\u0000k", value }],
    ["set of a large value", "value_too_large", { kind: "set", key: "k", value: tooLarge }],
    ["set to lease 0", "invalid_request", { kind: "set", key: "k", value, leaseId: 0 }],
    ["set with a short time", "invalid_request", { kind: "set", key: "k", value, ttlMs: limits.leaseTtlMsMin - 1 }],
    ["set with both", "invalid_request", { kind: "set", key: "k", value, leaseId: 1, ttlMs: 1_000 }],
    ["delete of half a character", "invalid_request", { kind: "delete", key: "\uDC00" }],
    ["deleteRange of half a character", "invalid_request", { kind: "deleteRange", range: { ...range, end: "\uD800" } }],
    ["deleteRange of a long prefix", "invalid_request", { kind: "deleteRange", range: prefixed(`${longestBound}k`) }],
    ["scan from a long bound", "invalid_request", { kind: "scan", range: { ...range, start: `${longestBound}k` } }],
    ["scan of half an entry", "invalid_request", { kind: "scan", range, limit: 0.5 }],
    ["scan of too many", "invalid_request", { kind: "scan", range, limit: limits.scanLimitMax + 1 }],
  ])("%s is %s in either branch", (_name, code, operation) => {
    expect(codeOf({ success: [operation] })).toBe(code);
    expect(codeOf({ failure: [operation] })).toBe(code);
  });

  test("that no version knows is a bug, not a bad request", () => {
    const operation = { kind: "increment", key: "k" } as unknown as TransactionOperation;
    expect(() => codeOf({ failure: [operation] })).toThrow(AssertionFailure);
  });

  function prefixed(prefix: string): { kind: "prefix"; prefix: string } {
    return { kind: "prefix", prefix };
  }
});

describe("a transaction", () => {
  test("of nothing is an invalid_request", () => {
    expect(codeOf({})).toBe("invalid_request");
  });

  test("has up to 1,000 compares and operations, both branches together", () => {
    const compares = Array.from({ length: 400 }, () => number("k", 1));
    const whole = { compares, success: sets(300), failure: sets(300) };
    expect(codeOf(whole)).toBeUndefined();
    const command: TransactionCommand = { kind: "transaction", ...whole, compares: [...compares, number("k", 1)] };
    expect(() => {
      assertTransaction(command);
    }).toThrow(
      expect.objectContaining({
        code: "batch_too_large",
        details: { size: limits.transactionItemsMax + 1, max: limits.transactionItemsMax },
      }),
    );
  });

  test("has up to 8 MiB of keys, bounds and values, compared or not, run or not", () => {
    // Eight pieces of one byte of key each and a value that fills the rest.
    const piece = new Uint8Array(limits.commandBytesMax / 8 - 1);
    const whole: Partial<TransactionCommand> = {
      compares: ["a", "b"].map((key) => ({ key, target: "value", operator: "=", value: piece })),
      success: ["a", "b", "c"].map((key) => ({ kind: "set", key, value: piece })),
      failure: ["a", "b", "c"].map((key) => ({ kind: "set", key, value: piece })),
    };
    expect(codeOf(whole)).toBeUndefined();
    for (const more of [
      { kind: "get", key: "k" },
      { kind: "delete", key: "k" },
      { kind: "scan", range: { kind: "prefix", prefix: "k" } },
      { kind: "deleteRange", range: { kind: "range", start: "", end: " " } },
    ] as const) {
      expect(codeOf({ ...whole, failure: [...(whole.failure ?? []), more] })).toBe("batch_too_large");
    }
    expect(codeOf({ ...whole, compares: [...(whole.compares ?? []), number("k", 1)] })).toBe("batch_too_large");
    expect(
      codeOf({ ...whole, success: [...(whole.success ?? []), { kind: "scan", range: everything }] }),
    ).toBeUndefined();
  });
});

const key = fc.string({ unit: fc.constantFrom("a", "b", "\uFFFF", "\u{1F332}"), minLength: 1, maxLength: 2 });
const bound = fc.string({ unit: fc.constantFrom("a", "b", "\uFFFF", "\u{1F332}"), maxLength: 2 });
const range = fc.oneof(
  fc.record({ kind: fc.constant("prefix" as const), prefix: bound }),
  fc.record({ kind: fc.constant("range" as const), start: bound, end: bound }),
);
const change: fc.Arbitrary<TransactionOperation> = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), key, value: fc.constant(value) }),
  fc.record({ kind: fc.constant("delete" as const), key }),
  fc.record({ kind: fc.constant("deleteRange" as const), range }),
  fc.record({ kind: fc.constant("get" as const), key }),
  fc.record({ kind: fc.constant("scan" as const), range }),
);

/** By the letter: whether the operation changes the key when it is there. */
function changes(operation: TransactionOperation, changed: string): boolean {
  if (operation.kind === "set" || operation.kind === "delete") return operation.key === changed;
  if (operation.kind !== "deleteRange") return false;
  if (operation.range.kind === "prefix") return changed.startsWith(operation.range.prefix);
  const { start, end } = operation.range;
  return (
    Buffer.compare(Buffer.from(start), Buffer.from(changed)) <= 0 &&
    Buffer.compare(Buffer.from(changed), Buffer.from(end)) < 0
  );
}

test("a branch is refused when a key that it names is changed by another of its operations, and only then", () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (branch) => {
      const isTwice = branch.some(
        (named, position) =>
          (named.kind === "set" || named.kind === "delete") &&
          branch.some((other, place) => place !== position && changes(other, named.key)),
      );
      const expected = isTwice ? "invalid_request" : undefined;
      expect(codeOf({ success: branch })).toBe(expected);
      expect(codeOf({ failure: branch })).toBe(expected);
      expect(codeOf({ success: branch.slice(0, 1), failure: branch.slice(1, 2) })).toBeUndefined();
    }),
    { numRuns: 3_000 },
  );
});
