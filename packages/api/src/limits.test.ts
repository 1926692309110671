import { expect, test } from "vitest";
import { assert, AssertionFailure, unreachable } from "./assert.ts";
import { limits } from "./limits.ts";
import { compareLogIds, isSameLogId, LOG_ID_ZERO } from "./log-id.ts";
import { compareNodeIds, isNodeId } from "./node-id.ts";

test("the limits that users build on are what they were published as", () => {
  expect(limits).toEqual({
    keyBytesMax: 1_024,
    valueBytesMax: 1_048_576,
    rangeBoundBytesMax: 2_048,
    batchItemsMax: 1_000,
    commandBytesMax: 8_388_608,
    transactionItemsMax: 1_000,
    changedKeysMax: 10_000,
    resultEntriesMax: 10_000,
    resultBytesMax: 4_194_304,
    leaseIdMax: 9_007_199_254_740_991,
    leaseTtlMsMin: 100,
    leaseTtlMsMax: 316_224_000_000,
    leasesMax: 100_000,
    scanLimitDefault: 1_000,
    scanLimitMax: 10_000,
    scanPageBytesMax: 4_194_304,
    watchProgressMsMin: 100,
    watchProgressMsMax: 3_600_000,
    logKeyPrefixesMax: 16,
    sqlTextBytesMax: 65_536,
    sqlParametersMax: 100,
    sqlParameterBytesMax: 1_048_576,
    sqlRowsMax: 10_000,
    sqlResultBytesMax: 4_194_304,
    sqlResultWeightMax: 128_000,
    sqlDeadlineMsDefault: 5_000,
    sqlDeadlineMsMax: 30_000,
    peersMax: 64,
    nodeAddressesMax: 16,
    addressBytesMax: 512,
    peerIdBytesMax: 128,
    nodeIdMax: 9_007_199_254_740_991,
    promotionLagEntriesMax: 100,
  });
});

test("every limit is a positive safe integer", () => {
  for (const value of Object.values(limits)) expect(Number.isSafeInteger(value) && value > 0).toBe(true);
});

test.each([
  [1, true],
  [limits.nodeIdMax, true],
  [0, false],
  [-1, false],
  [1.5, false],
  [limits.nodeIdMax + 1, false],
  [Number.NaN, false],
  [Number.POSITIVE_INFINITY, false],
])("%d is a node id: %s", (value, expected) => {
  expect(isNodeId(value)).toBe(expected);
});

test("log ids order by term first, then by index", () => {
  const ids = [{ term: 2, index: 1 }, { term: 1, index: 9 }, LOG_ID_ZERO, { term: 1, index: 10 }];
  expect([...ids].sort(compareLogIds)).toEqual([ids[2], ids[1], ids[3], ids[0]]);
  expect(isSameLogId({ term: 1, index: 9 }, { term: 1, index: 9 })).toBe(true);
  expect(isSameLogId({ term: 1, index: 9 }, { term: 2, index: 9 })).toBe(false);
});

test("node ids order as numbers", () => {
  expect([10, 9, 100].sort(compareNodeIds)).toEqual([9, 10, 100]);
});

test("assert and unreachable throw an error of their own kind", () => {
  expect(() => {
    assert(false, "one is two");
  }).toThrow(new AssertionFailure("one is two"));
  expect(() => unreachable("extra" as never)).toThrow(AssertionFailure);
});
