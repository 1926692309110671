import {
  AspenError,
  AssertionFailure,
  assertWriteCommand,
  limits,
  type TransactionCommand,
  type TransactionOperation,
} from "@aspenjs/api";
import { DecodeError, decodeRow, encodeRow, type Cell, type Row } from "@aspenjs/codec";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../test/wire-values.ts";
import { LOG_COMMAND_BYTES_MAX } from "./limits.ts";
import { readTransaction, transactionCells } from "./transaction-row.ts";

const bytesOf = (...values: number[]): Uint8Array => new Uint8Array(values);
const none = bytesOf();

function transactionOf(parts: Partial<TransactionCommand>): TransactionCommand {
  return { kind: "transaction", compares: [], success: [], failure: [], ...parts };
}

function encode(transaction: TransactionCommand): Uint8Array {
  return encodeRow(transactionCells(transaction));
}

function decode(bytes: Uint8Array): TransactionCommand {
  const row = decodeRow(bytes, LOG_COMMAND_BYTES_MAX);
  const transaction = readTransaction(row);
  row.end();
  return transaction;
}

/** These bytes are on disks: a change here needs a new format version. */
const GOLDEN: readonly (readonly [string, Partial<TransactionCommand>, string])[] = [
  [
    "compares",
    {
      compares: [
        { key: "a", operator: "=", target: "value", value: bytesOf(1) },
        { key: "a", operator: "!=", target: "version", number: 0 },
        { key: "a", operator: "<", target: "createRevision", number: 1 },
        { key: "a", operator: ">", target: "modRevision", number: 24 },
        { key: "b", operator: "=", target: "lease", number: 300 },
      ],
    },
    "8385840061610041018401616101008402616102018403616103181884046162" + "0019012c8080",
  ],
  [
    "operations",
    {
      success: [
        { kind: "get", key: "a" },
        { kind: "set", key: "a", value: bytesOf(2), leaseId: 9 },
        { kind: "delete", key: "b", returnPrevious: true },
        { kind: "deleteRange", range: { kind: "prefix", prefix: "c" } },
        { kind: "scan", range: { kind: "range", start: "a", end: "b" }, limit: 1_000, reverse: true, keysOnly: true },
      ],
      failure: [{ kind: "set", key: "a", value: none, returnPrevious: true, ttlMs: 1_000 }],
    },
    "838085820061618501616141" + "02f482000983026162f5830382006163f485048301616161621903e8f5f5818501616140f582011903e8",
  ],
];

const compare = (changes: Record<string, unknown>): Partial<TransactionCommand> => {
  return { compares: [{ key: "k", operator: "=", target: "version", number: 1, ...changes }] };
};
const set = (key: string): TransactionOperation => ({ kind: "set", key, value: none });
const setRow = (key: string): Row => [1, key, none, false, null];
const gets = (count: number): TransactionOperation[] =>
  Array.from({ length: count }, () => ({ kind: "get", key: "k" }));
const getRows = (count: number): Row[] => Array.from({ length: count }, () => [0, "k"]);
const large = new Uint8Array(limits.valueBytesMax);
const tooLong = "k".repeat(limits.rangeBoundBytesMax + 1);

/** What no gate lets pass: as a transaction, and as the cells that somebody else may have written. */
const ILLEGAL: readonly (readonly [string, Partial<TransactionCommand>, Row])[] = [
  ["nothing to do", {}, [[], [], []]],
  [
    "too many items",
    { success: gets(limits.transactionItemsMax), failure: gets(1) },
    [[], getRows(limits.transactionItemsMax), getRows(1)],
  ],
  ["an operator that does not exist", compare({ operator: "<=" }), [[[1, "k", 4, 1]], [], []]],
  ["a target that does not exist", compare({ target: "size" }), [[[5, "k", 0, 1]], [], []]],
  ["a number below 0", compare({ number: -1 }), [[[1, "k", 0, -1]], [], []]],
  ["an empty key", compare({ key: "" }), [[[1, "", 0, 1]], [], []]],
  ["a key that is set twice", { success: [set("k"), set("k")] }, [[], [setRow("k"), setRow("k")], []]],
  [
    "a key that is set and deleted",
    { failure: [set("k"), { kind: "delete", key: "k" }] },
    [[], [], [setRow("k"), [2, "k", false]]],
  ],
  [
    "a key that is set where everything is deleted",
    { success: [{ kind: "deleteRange", range: { kind: "prefix", prefix: "" } }, set("k")] },
    [[], [[3, [0, ""], false], setRow("k")], []],
  ],
  [
    "a key that is set in a range that is deleted",
    { success: [set("a"), set("k"), { kind: "deleteRange", range: { kind: "range", start: "b", end: "l" } }] },
    [[], [setRow("a"), setRow("k"), [3, [1, "b", "l"], false]], []],
  ],
  [
    "a lease and a time to live at once",
    { success: [{ kind: "set", key: "k", value: none, leaseId: 1, ttlMs: 1_000 }] },
    [[], [[1, "k", none, false, [0, 1, 1_000]]], []],
  ],
  [
    "a bound that is too long",
    { success: [{ kind: "scan", range: { kind: "range", start: "", end: tooLong } }] },
    [[], [[4, [1, "", tooLong], 1_000, false, false]], []],
  ],
  [
    "a scan beyond its limit",
    { success: [{ kind: "scan", range: { kind: "prefix", prefix: "" }, limit: limits.scanLimitMax + 1 }] },
    [[], [[4, [0, ""], limits.scanLimitMax + 1, false, false]], []],
  ],
  [
    "values that are too large together",
    { compares: Array.from({ length: 8 }, () => ({ key: "k", operator: "=", target: "value", value: large })) },
    [Array.from({ length: 8 }, (): Cell => [0, "k", 0, large]), [], []],
  ],
];

describe("rows of transactions", () => {
  test.each(GOLDEN)("%s keep their bytes", (_name, parts, bytes) => {
    expect(toHex(encode(transactionOf(parts)))).toBe(bytes);
    expect(decode(fromHex(bytes))).toStrictEqual(transactionOf(parts));
  });

  test.each(ILLEGAL)("C2: %s passes no gate, is never written, and is refused", (_name, parts, row) => {
    const transaction = transactionOf(parts);
    expect(() => assertWriteCommand(transaction)).toThrow(AspenError);
    expect(() => encode(transaction)).toThrow(AssertionFailure);
    expect(() => decode(encodeRow(row))).toThrow(DecodeError);
  });

  test("one key may be changed in both branches, and read as often as one likes", () => {
    const branch: TransactionOperation[] = [
      { kind: "get", key: "k" },
      set("k"),
      { kind: "get", key: "k" },
      { kind: "deleteRange", range: { kind: "range", start: "a", end: "k" } },
      { kind: "deleteRange", range: { kind: "range", start: "a", end: "b" } },
    ];
    const transaction = transactionOf({ success: branch, failure: branch });
    expect(() => assertWriteCommand(transaction)).not.toThrow();
    expect(decode(encode(transaction))).toStrictEqual(transaction);
  });

  test("C3: what a scan leaves out stands in its row as what it means", () => {
    const scan: TransactionOperation = { kind: "scan", range: { kind: "prefix", prefix: "a" } };
    const meant = { ...scan, limit: limits.scanLimitDefault };
    expect(decode(encode(transactionOf({ success: [scan] })))).toStrictEqual(transactionOf({ success: [meant] }));
    const bytes = encode(transactionOf({ success: [{ ...scan, reverse: false, keysOnly: false }] }));
    expect(bytes).toEqual(encode(transactionOf({ success: [meant] })));
  });

  test("hundreds of long keys and ranges do not take the time of all their pairs", () => {
    const prefix = "k".repeat(limits.keyBytesMax - 24);
    const half = Array.from({ length: limits.transactionItemsMax / 2 }, (_, item) => item);
    const success = half.flatMap((item): TransactionOperation[] => [
      set(`${prefix}m${item}`),
      { kind: "deleteRange", range: { kind: "range", start: `${prefix}a`, end: `${prefix}b${item}` } },
    ]);
    const bytes = encode(transactionOf({ success }));
    const started = process.cpuUsage();
    decode(bytes);
    // All pairs take seconds of work, a look-up of each range some hundredths of one.
    expect(process.cpuUsage(started).user / 1_000).toBeLessThan(1_000);
  });

  test.each<readonly [string, Row]>([
    ["a missing branch", [[], [[0, "k"]]]],
    ["a cell behind the branches", [[], [[0, "k"]], [], []]],
    ["a compare of a value with a number", [[[0, "k", 0, 1]], [], []]],
    ["a compare of a number with a value", [[[1, "k", 0, none]], [], []]],
    ["a cell behind a compare", [[[1, "k", 0, 1, 1]], [], []]],
    ["an operation that does not exist", [[], [[5, "k"]], []]],
    ["a cell behind an operation", [[], [[0, "k", 1]], []]],
    ["a flag that is a number", [[], [[2, "k", 0]], []]],
  ])("%s is refused", (_name, row) => {
    expect(() => decode(encodeRow(row))).toThrow(DecodeError);
  });
});
