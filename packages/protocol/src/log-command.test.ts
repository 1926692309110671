import { AssertionFailure, limits, type LogAction, type WriteCommand } from "@aspenjs/api";
import { DecodeError, encodeRow, type Cell } from "@aspenjs/codec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  logCommand as command,
  sessionReference as reference,
  writeCommand as write,
} from "../test/fuzz/write-values.ts";
import { damaged, fromHex, toHex as hex } from "../test/wire-values.ts";
import { protocolLimits } from "./limits.ts";
import { decodeLogCommand, encodeLogCommand, logCommandActionBytes, type LogCommand } from "./log-command.ts";

const bytesOf = (...values: number[]): Uint8Array => new Uint8Array(values);

const SESSION = { sessionId: 5, sequence: 1_000, acknowledgedThrough: 998 };

/** These bytes are on disks: a change here needs a new format version. */
const GOLDEN: readonly (readonly [string, LogCommand, string])[] = [
  ["openSession", { logTimeMs: 0, action: { kind: "openSession" } }, "840100f68100"],
  [
    "closeSession",
    { logTimeMs: 24, session: SESSION, action: { kind: "closeSession" } },
    "8401181883051903e81903e68101",
  ],
  [
    "set",
    {
      logTimeMs: 1_700_000_000_000,
      session: SESSION,
      action: { kind: "set", key: "ключ", value: bytesOf(1, 2), returnPrevious: true },
    },
    "84011b0000018bcfe5680083051903e81903e6850268d0bad0bbd18ed187420102f5f6",
  ],
  [
    "setMulti",
    {
      logTimeMs: 300,
      action: {
        kind: "setMulti",
        pairs: [
          { key: "b", value: bytesOf() },
          { key: "a", value: bytesOf(7) },
        ],
      },
    },
    "840119012cf68203828261624082616141" + "07",
  ],
  ["delete", { logTimeMs: 70_000, action: { kind: "delete", key: "a" } }, "84011a00011170f683046161f4"],
  [
    "deleteMulti",
    { logTimeMs: 1, action: { kind: "deleteMulti", keys: ["a", "b"], returnPrevious: true } },
    "840101f683058261616162f5",
  ],
  [
    "compareAndSwap with a value",
    {
      logTimeMs: 1,
      action: {
        kind: "compareAndSwap",
        key: "k",
        expected: { kind: "value", value: bytesOf(9) },
        value: bytesOf(8),
      },
    },
    "840101f68406616b8201410941" + "08",
  ],
  [
    "compareAndSwap with a revision",
    {
      logTimeMs: 1,
      action: {
        kind: "compareAndSwap",
        key: "k",
        expected: { kind: "modRevision", modRevision: 258 },
        value: bytesOf(),
      },
    },
    "840101f68406616b820219010240",
  ],
  [
    "compareAndDelete",
    { logTimeMs: 1, action: { kind: "compareAndDelete", key: "k", expected: { kind: "absent" } } },
    "840101f68307616b8100",
  ],
  [
    "renewLeases",
    { logTimeMs: 1, action: { kind: "renewLeases", leaseIds: [1, 24, 300] } },
    "840101f6820c8301181819012c",
  ],
  ["expireLeases", { logTimeMs: 1, action: { kind: "expireLeases", leaseIds: [7] } }, "840101f6820d8107"],
  ["extendLeases", { logTimeMs: 1, action: { kind: "extendLeases" } }, "840101f6810e"],
];

describe("log commands", () => {
  test.each(GOLDEN)("%s keeps its bytes", (_name, golden, bytes) => {
    expect(hex(encodeLogCommand(golden))).toBe(bytes);
    expect(decodeLogCommand(fromHex(bytes))).toStrictEqual(golden);
  });

  test("every command reads back as it was written", () => {
    fc.assert(
      fc.property(command, (original) => {
        expect(decodeLogCommand(encodeLogCommand(original))).toStrictEqual(original);
      }),
      { numRuns: 1_000 },
    );
  });

  test("two tries of one action have the same action bytes, whoever stamped them", () => {
    fc.assert(
      fc.property(write, write, reference, reference, fc.maxSafeNat(), (action, other, first, second, logTimeMs) => {
        const bytes = logCommandActionBytes(encodeLogCommand({ logTimeMs, session: first, action }));
        const retried = logCommandActionBytes(encodeLogCommand({ logTimeMs: 7, session: second, action }));
        const unprotected = logCommandActionBytes(encodeLogCommand({ logTimeMs: 7, action }));
        const different = logCommandActionBytes(encodeLogCommand({ logTimeMs, session: first, action: other }));
        expect(hex(retried)).toBe(hex(bytes));
        expect(hex(unprotected)).toBe(hex(bytes));
        expect(hex(different) === hex(bytes)).toBe(isSame(action, other));
      }),
      { numRuns: 500 },
    );
  });

  test("any bytes at all either decode to what encodes to them, or are refused with DecodeError", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), damaged(command.map(encodeLogCommand))), (bytes) => {
        try {
          expect(hex(encodeLogCommand(decodeLogCommand(bytes)))).toBe(hex(bytes));
        } catch (error) {
          if (!(error instanceof DecodeError)) throw error;
        }
      }),
      { numRuns: 5_000 },
    );
  });

  const set = (setKey: Cell, setValue: Cell): Cell[] => [1, 0, null, [2, setKey, setValue, false, null]];
  const ascending = (count: number): number[] => Array.from({ length: count }, (_, position) => position + 1);

  test.each<readonly [string, readonly Cell[]]>([
    ["another version", [2, 0, null, [0]]],
    ["a negative log time", [1, -1, null, [0]]],
    ["an unknown action", [1, 0, null, [15]]],
    ["a cell too many", [1, 0, null, [0], 0]],
    ["a cell too many in the action", [1, 0, null, [0, 0]]],
    ["openSession inside a session", [1, 0, [1, 1, 0], [0]]],
    ["closeSession outside a session", [1, 0, null, [1]]],
    ["session id 0", [1, 0, [0, 1, 0], [1]]],
    ["sequence 0", [1, 0, [1, 0, 0], [1]]],
    ["an empty key", set("", bytesOf())],
    ["a key over its bound", set("k".repeat(limits.keyBytesMax + 1), bytesOf())],
    ["a value over its bound", set("k", new Uint8Array(limits.valueBytesMax + 1))],
    ["a value that is text", set("k", "text")],
    ["no pairs", [1, 0, null, [3, []]]],
    ["a key twice", [1, 0, null, [5, ["a", "a"], false]]],
    ["a pair of three", [1, 0, null, [3, [["a", bytesOf(), 1]]]]],
    ["too many keys", [1, 0, null, [5, Array.from({ length: limits.batchItemsMax + 1 }, (_, i) => `k${i}`), false]]],
    ["revision 0 expected", [1, 0, null, [7, "k", [2, 0]]]],
    ["an unknown expectation", [1, 0, null, [7, "k", [3]]]],
    ["a session that renews leases", [1, 0, [1, 1, 0], [12, [1]]]],
    ["a session that expires leases", [1, 0, [1, 1, 0], [13, [1]]]],
    ["a session that extends leases", [1, 0, [1, 1, 0], [14]]],
    ["no leases to renew", [1, 0, null, [12, []]]],
    ["no leases to expire", [1, 0, null, [13, []]]],
    ["lease 0", [1, 0, null, [12, [0]]]],
    ["lease ids out of order", [1, 0, null, [12, [2, 1]]]],
    ["a lease twice", [1, 0, null, [13, [2, 2]]]],
    ["too many leases at once", [1, 0, null, [13, ascending(protocolLimits.leaseBatchMax + 1)]]],
    ["a cell behind leases", [1, 0, null, [12, [1], 0]]],
    ["a cell behind the extension", [1, 0, null, [14, 0]]],
  ])("C1, C4: %s is refused", (_name, row) => {
    expect(() => decodeLogCommand(encodeRow(row))).toThrow(DecodeError);
  });

  test("values of one command stay within its bound, together", () => {
    const half = new Uint8Array(limits.valueBytesMax);
    const pairs = Array.from({ length: 9 }, (_, position): Cell => [`k${position}`, half]);
    expect(() => decodeLogCommand(encodeRow([1, 0, null, [3, pairs]]))).toThrow(DecodeError);
  });

  test.each<readonly [string, LogCommand]>([
    ["an unpaired surrogate", { logTimeMs: 0, action: { kind: "delete", key: "\ud800" } }],
    ["a fractional log time", { logTimeMs: 0.5, action: { kind: "openSession" } }],
    ["an empty multi", { logTimeMs: 0, action: { kind: "deleteMulti", keys: [] } }],
    ["a key twice in one command", { logTimeMs: 0, action: { kind: "deleteMulti", keys: ["a", "a"] } }],
    ["a session that opens a session", { logTimeMs: 0, session: SESSION, action: { kind: "openSession" } }],
    ["an unnamed session that closes", { logTimeMs: 0, action: { kind: "closeSession" } }],
    ["a session that renews", { logTimeMs: 0, session: SESSION, action: { kind: "renewLeases", leaseIds: [1] } }],
    ["a session that expires", { logTimeMs: 0, session: SESSION, action: { kind: "expireLeases", leaseIds: [1] } }],
    ["a session that extends", { logTimeMs: 0, session: SESSION, action: { kind: "extendLeases" } }],
    ["an action on no leases", { logTimeMs: 0, action: { kind: "expireLeases", leaseIds: [] } }],
    ["leases out of order", { logTimeMs: 0, action: { kind: "renewLeases", leaseIds: [2, 1] } }],
    ["a lease that is none", { logTimeMs: 0, action: { kind: "renewLeases", leaseIds: [0.5] } }],
    [
      "an action on too many leases",
      { logTimeMs: 0, action: { kind: "renewLeases", leaseIds: ascending(protocolLimits.leaseBatchMax + 1) } },
    ],
  ])("C1, C4: %s is never written", (_name, wrong) => {
    expect(() => encodeLogCommand(wrong)).toThrow(AssertionFailure);
  });

  test.each<readonly [string, () => LogAction]>([
    ["multi command", () => ({ kind: "setMulti", pairs: fullPairs(limits.batchItemsMax) })],
    ["transaction", fullTransaction],
    ["action on leases", () => ({ kind: "renewLeases", leaseIds: largestLeaseIds() })],
  ])("the largest %s of the contract fits", (_name, action) => {
    const largest = { logTimeMs: Number.MAX_SAFE_INTEGER, action: action() };
    expect(decodeLogCommand(encodeLogCommand(largest))).toStrictEqual(largest);
  });
});

/** Keys of the largest size, and values that leave nothing of what one command may have. */
function fullPairs(count: number): { readonly key: string; readonly value: Uint8Array }[] {
  const valueBytes = Math.floor((limits.commandBytesMax - count * limits.keyBytesMax) / count);
  return Array.from({ length: count }, (_, item) => ({
    key: String(item).padStart(limits.keyBytesMax, "k"),
    value: new Uint8Array(valueBytes),
  }));
}

function fullTransaction(): LogAction {
  const success = fullPairs(limits.transactionItemsMax).map((pair) => ({
    kind: "set" as const,
    ...pair,
    returnPrevious: true,
    leaseId: Number.MAX_SAFE_INTEGER,
  }));
  return { kind: "transaction", compares: [], success, failure: [] };
}

function largestLeaseIds(): number[] {
  const first = Number.MAX_SAFE_INTEGER - protocolLimits.leaseBatchMax + 1;
  return Array.from({ length: protocolLimits.leaseBatchMax }, (_, item) => first + item);
}

function isSame(left: WriteCommand, right: WriteCommand): boolean {
  const plain = (write_: WriteCommand): string =>
    JSON.stringify(write_, (_name, cell: unknown) => (cell instanceof Uint8Array ? `bytes ${hex(cell)}` : cell));
  return plain(left) === plain(right);
}
