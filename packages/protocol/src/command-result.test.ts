import {
  AssertionFailure,
  limits,
  WRITE_REFUSALS,
  type CommandResult,
  type KeyValueEntry,
  type OperationResult,
  type WriteResult,
} from "@aspenjs/api";
import { DecodeError, encodeRow, type Cell } from "@aspenjs/codec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commandResult } from "../test/fuzz/write-values.ts";
import { damaged, fromHex, toHex as hex } from "../test/wire-values.ts";
import { decodeCommandResult, encodeCommandResult } from "./command-result.ts";
import { COMMAND_RESULT_BYTES_MAX } from "./limits.ts";

const entry: KeyValueEntry = { key: "k", value: new Uint8Array([5]), createRevision: 3, modRevision: 9, version: 2 };
const bound: KeyValueEntry = { ...entry, leaseId: 300 };

/** These bytes are in the session tables of snapshots: a change here needs a new format version. */
const GOLDEN: readonly (readonly [string, CommandResult, string])[] = [
  ["set", { kind: "written", result: { kind: "set", revision: 7 } }, "830100830007f6"],
  [
    "set with a previous entry",
    { kind: "written", result: { kind: "set", revision: 10, previous: entry } },
    "83010083000a86616b4105030902f6",
  ],
  [
    "set with a previous entry that was bound to a lease",
    { kind: "written", result: { kind: "set", revision: 10, previous: bound } },
    "83010083000a86616b410503090219012c",
  ],
  ["setMulti", { kind: "written", result: { kind: "setMulti", revision: 256 } }, "8301008201190100"],
  ["delete", { kind: "written", result: { kind: "delete", revision: 0, deletedCount: 0 } }, "83010084020000f6"],
  [
    "delete with previous entries",
    { kind: "written", result: { kind: "delete", revision: 10, deletedCount: 1, previous: [entry] } },
    "83010084020a018186616b4105030902f6",
  ],
  ["compare ok", { kind: "written", result: { kind: "compare", outcome: "ok", revision: 1 } }, "830100820301"],
  [
    "compare conflict",
    { kind: "written", result: { kind: "compare", outcome: "conflict", revision: 1, actual: undefined } },
    "830100830401f6",
  ],
  [
    "transaction",
    {
      kind: "written",
      result: {
        kind: "transaction",
        revision: 10,
        succeeded: true,
        results: [
          { kind: "get", entry: undefined },
          { kind: "set", previous: entry },
          { kind: "delete", deletedCount: 2 },
          { kind: "delete", deletedCount: 1, previous: [entry] },
          { kind: "scan", entries: [bound], count: 1, isTruncated: true },
        ],
      },
    },
    "83010084050af5858200f6820186616b4105030902f6830202f68302018186616b4105030902f684038186616b410503090219012c01f5",
  ],
  [
    "leaseGrant",
    { kind: "written", result: { kind: "leaseGrant", revision: 10, leaseId: 300, ttlMs: 60_000 } },
    "83010084060a19012c19ea60",
  ],
  [
    "leaseRevoke",
    { kind: "written", result: { kind: "leaseRevoke", revision: 10, wasGranted: true, deletedCount: 2 } },
    "83010084070af502",
  ],
  ["sessionOpened", { kind: "sessionOpened", sessionId: 24 }, "8301011818"],
  ["sessionClosed", { kind: "sessionClosed" }, "820102"],
  ["sessionExpired", { kind: "sessionExpired" }, "820103"],
  ["sequenceRefused", { kind: "sequenceRefused", reason: "tooFarAhead" }, "83010402"],
  ["refused", { kind: "refused", reason: "leaseExists" }, "83010501"],
  ["leasesTouched", { kind: "leasesTouched", revision: 10, leaseIds: [1, 300] }, "8401060a820119012c"],
];

const written = (result: WriteResult): CommandResult => ({ kind: "written", result });
const entriesOf = (count: number, like: KeyValueEntry = entry): KeyValueEntry[] =>
  Array.from({ length: count }, () => like);
const deletionOf = (previous: readonly KeyValueEntry[]): CommandResult => {
  return written({ kind: "delete", revision: 7, deletedCount: previous.length, previous });
};
const transactionOf = (...results: OperationResult[]): CommandResult => {
  return written({ kind: "transaction", revision: 7, succeeded: true, results });
};
/** Four of these are as many bytes as the entries of one result may have. */
const large: KeyValueEntry = { ...entry, key: "", value: new Uint8Array(limits.valueBytesMax) };

describe("command results", () => {
  test.each(GOLDEN)("%s keeps its bytes", (_name, golden, bytes) => {
    expect(hex(encodeCommandResult(golden))).toBe(bytes);
    expect(decodeCommandResult(fromHex(bytes))).toStrictEqual(golden);
  });

  test("every result reads back as it was written", () => {
    fc.assert(
      fc.property(commandResult, (result) => {
        expect(decodeCommandResult(encodeCommandResult(result))).toStrictEqual(result);
      }),
    );
  });

  test("any bytes at all either decode to what encodes to them, or are refused with DecodeError", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 60 }), damaged(commandResult.map(encodeCommandResult))),
        (bytes) => {
          try {
            expect(hex(encodeCommandResult(decodeCommandResult(bytes)))).toBe(hex(bytes));
          } catch (error) {
            if (!(error instanceof DecodeError)) throw error;
          }
        },
      ),
      { numRuns: 5_000 },
    );
  });

  const entryRow = (last: Cell): Cell[] => ["k", new Uint8Array(), 1, 1, 1, last];

  test.each<readonly [string, readonly Cell[]]>([
    ["another version", [2, 2]],
    ["an unknown kind", [1, 7]],
    ["an unknown reason", [1, 4, 3]],
    ["an unknown refusal", [1, 5, WRITE_REFUSALS.length]],
    ["an unknown write", [1, 0, [8, 1]]],
    ["a cell too many", [1, 2, 0]],
    ["a cell behind a refusal", [1, 5, 0, 0]],
    ["a negative revision", [1, 0, [1, -1]]],
    ["an entry without a version", [1, 0, [0, 1, ["k", new Uint8Array(), 1, 1]]]],
    ["an entry without a word on its lease", [1, 0, [0, 1, ["k", new Uint8Array(), 1, 1, 1]]]],
    ["an entry with lease 0", [1, 0, [0, 1, entryRow(0)]]],
    ["an unknown operation", [1, 0, [5, 1, true, [[4, null]]]]],
    ["a cell behind the result of an operation", [1, 0, [5, 1, true, [[0, null, null]]]]],
    ["results of no branch", [1, 0, [5, 1, null, []]]],
    ["too many results", [1, 0, [5, 1, true, Array.from({ length: limits.transactionItemsMax + 1 }, () => [1, null])]]],
    ["a grant of lease 0", [1, 0, [6, 1, 0, 1_000]]],
    ["a grant of a moment", [1, 0, [6, 1, 1, 0]]],
    ["a negative count", [1, 0, [7, 1, true, -1]]],
    ["leases out of order", [1, 6, 1, [2, 1]]],
    ["a lease twice", [1, 6, 1, [2, 2]]],
  ])("%s is refused", (_name, row) => {
    expect(() => decodeCommandResult(encodeRow(row))).toThrow(DecodeError);
  });

  test.each<readonly [string, () => CommandResult]>([
    ["entries of a deletion", () => deletionOf(entriesOf(limits.resultEntriesMax, bound))],
    ["bytes of a deletion", () => deletionOf(entriesOf(4, large))],
    [
      "entries of as many operations as there may be",
      () => {
        const previous = entriesOf(limits.resultEntriesMax / limits.transactionItemsMax, bound);
        const one: OperationResult = { kind: "scan", entries: previous, count: previous.length, isTruncated: true };
        return transactionOf(...Array.from({ length: limits.transactionItemsMax }, () => one));
      },
    ],
    [
      "leases",
      () => {
        const first = Number.MAX_SAFE_INTEGER - limits.leasesMax + 1;
        const leaseIds = Array.from({ length: limits.leasesMax }, (_, item) => first + item);
        return { kind: "leasesTouched", revision: Number.MAX_SAFE_INTEGER, leaseIds };
      },
    ],
  ])("R1: a result with the most %s fits", (_name, resultOf) => {
    const result = resultOf();
    expect(decodeCommandResult(encodeCommandResult(result))).toEqual(result);
  });

  test("R1: the bounds of bytes and of entries may be reached at once", () => {
    const count = limits.resultEntriesMax;
    const value = new Uint8Array(Math.floor(limits.resultBytesMax / count) - 1);
    const furthest = Number.MAX_SAFE_INTEGER;
    const numbers = { createRevision: furthest, modRevision: furthest, version: furthest, leaseId: furthest };
    const bytes = encodeCommandResult(deletionOf(entriesOf(count, { key: "k", value, ...numbers })));
    expect(bytes.byteLength).toBeLessThan(COMMAND_RESULT_BYTES_MAX);
    expect(() => decodeCommandResult(bytes)).not.toThrow();
  });

  const tooManyEntries = entriesOf(limits.resultEntriesMax / 2 + 1);
  const halfOf = (entries: readonly KeyValueEntry[]): OperationResult => {
    return { kind: "delete", deletedCount: entries.length, previous: entries };
  };
  const rowOf = ({ key, value }: KeyValueEntry): Cell => [key, value, 1, 1, 1, null];

  test.each<readonly [string, CommandResult, () => readonly Cell[]]>([
    [
      "too many entries",
      deletionOf([...tooManyEntries, ...tooManyEntries]),
      () => [1, 0, [2, 1, 1, [...tooManyEntries, ...tooManyEntries].map(rowOf)]],
    ],
    [
      "too many bytes",
      deletionOf(entriesOf(4, { ...large, key: "k" })),
      () => [1, 0, [2, 1, 1, entriesOf(4, { ...large, key: "k" }).map(rowOf)]],
    ],
    [
      "too many entries in all its parts",
      transactionOf(halfOf(tooManyEntries), halfOf(tooManyEntries)),
      () => [
        1,
        0,
        [
          5,
          1,
          true,
          [
            [2, 1, tooManyEntries.map(rowOf)],
            [2, 1, tooManyEntries.map(rowOf)],
          ],
        ],
      ],
    ],
    [
      "too many bytes in all its parts",
      transactionOf(halfOf(entriesOf(3, large)), { kind: "get", entry: large }, { kind: "set", previous: entry }),
      () => [
        1,
        0,
        [
          5,
          1,
          true,
          [
            [2, 1, entriesOf(3, large).map(rowOf)],
            [0, rowOf(large)],
            [1, rowOf(entry)],
          ],
        ],
      ],
    ],
  ])("R1: a result with %s is never written, and refused", (_name, result, row) => {
    expect(() => encodeCommandResult(result)).toThrow(AssertionFailure);
    expect(() => decodeCommandResult(encodeRow(row()))).toThrow(/exceed/);
  });

  test.each<readonly [string, CommandResult]>([
    ["a revision that is none", written({ kind: "setMulti", revision: -1 })],
    ["a count that is none", written({ kind: "delete", revision: 1, deletedCount: 0.5 })],
    ["a lease that is none", written({ kind: "set", revision: 1, previous: { ...entry, leaseId: 0 } })],
    ["a version that is none", written({ kind: "set", revision: 1, previous: { ...entry, version: 0 } })],
    ["leases out of order", { kind: "leasesTouched", revision: 1, leaseIds: [2, 1] }],
    ["a key over its bound", transactionOf({ kind: "get", entry: { ...entry, key: "k".repeat(1_025) } })],
  ])("%s is never written", (_name, result) => {
    expect(() => encodeCommandResult(result)).toThrow(AssertionFailure);
  });
});
