import { AssertionFailure, limits, type Expected, type WriteCommand } from "@aspenjs/api";
import { DecodeError, encodeRow, type Cell } from "@aspenjs/codec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeLogCommand, encodeLogCommand, logCommandActionBytes, type LogCommand } from "./log-command.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
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
    "84011b0000018bcfe5680083051903e81903e6840268d0bad0bbd18ed187420102f5",
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
];

const key = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
const value = fc.uint8Array({ maxLength: 40 });
const integer = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const returnPrevious = fc.constantFrom({}, { returnPrevious: true as const });

const expected: fc.Arbitrary<Expected> = fc.oneof(
  fc.constant<Expected>({ kind: "absent" }),
  value.map((bytes) => ({ kind: "value" as const, value: bytes })),
  integer.map((modRevision) => ({ kind: "modRevision" as const, modRevision })),
);

const write: fc.Arbitrary<WriteCommand> = fc.oneof(
  fc.tuple(key, value, returnPrevious).map(([k, v, option]) => ({ kind: "set" as const, key: k, value: v, ...option })),
  fc
    .uniqueArray(fc.record({ key, value }, { noNullPrototype: true }), {
      minLength: 1,
      maxLength: 5,
      selector: (pair) => pair.key,
    })
    .map((pairs) => ({ kind: "setMulti" as const, pairs })),
  fc.tuple(key, returnPrevious).map(([k, option]) => ({ kind: "delete" as const, key: k, ...option })),
  fc
    .tuple(fc.uniqueArray(key, { minLength: 1, maxLength: 5 }), returnPrevious)
    .map(([keys, option]) => ({ kind: "deleteMulti" as const, keys, ...option })),
  fc.record({ kind: fc.constant("compareAndSwap" as const), key, expected, value }, { noNullPrototype: true }),
  fc.record({ kind: fc.constant("compareAndDelete" as const), key, expected }, { noNullPrototype: true }),
);

const reference = fc.record(
  { sessionId: integer, sequence: integer, acknowledgedThrough: fc.maxSafeNat() },
  { noNullPrototype: true },
);

const command: fc.Arbitrary<LogCommand> = fc.oneof(
  fc.maxSafeNat().map((logTimeMs) => ({ logTimeMs, action: { kind: "openSession" as const } })),
  fc.tuple(fc.maxSafeNat(), reference).map(([logTimeMs, session]) => ({
    logTimeMs,
    session,
    action: { kind: "closeSession" as const },
  })),
  fc.tuple(fc.maxSafeNat(), reference, write).map(([logTimeMs, session, action]) => ({ logTimeMs, session, action })),
  fc.tuple(fc.maxSafeNat(), write).map(([logTimeMs, action]) => ({ logTimeMs, action })),
);

describe("log commands", () => {
  test.each(GOLDEN)("%s keeps its bytes", (_name, golden, bytes) => {
    expect(hex(encodeLogCommand(golden))).toBe(bytes);
    expect(decodeLogCommand(Buffer.from(bytes, "hex"))).toStrictEqual(golden);
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
    const cut = fc.tuple(command, fc.nat(), fc.nat({ max: 255 })).map(([original, position, byte]) => {
      const bytes = encodeLogCommand(original).slice();
      bytes[position % bytes.byteLength] = byte;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), cut), (bytes) => {
        try {
          expect(hex(encodeLogCommand(decodeLogCommand(bytes)))).toBe(hex(bytes));
        } catch (error) {
          if (!(error instanceof DecodeError)) throw error;
        }
      }),
      { numRuns: 5_000 },
    );
  });

  const set = (setKey: Cell, setValue: Cell): Cell[] => [1, 0, null, [2, setKey, setValue, false]];

  test.each<readonly [string, readonly Cell[]]>([
    ["another version", [2, 0, null, [0]]],
    ["a negative log time", [1, -1, null, [0]]],
    ["an unknown action", [1, 0, null, [8]]],
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
  ])("%s is refused", (_name, row) => {
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
  ])("%s is never written", (_name, wrong) => {
    expect(() => encodeLogCommand(wrong)).toThrow(AssertionFailure);
  });

  test("the largest commands of the public contract fit", () => {
    const keys = Array.from({ length: limits.batchItemsMax }, (_, i) => String(i).padStart(limits.keyBytesMax, "k"));
    const valueBytes = Math.floor((limits.commandBytesMax - keys.length * limits.keyBytesMax) / keys.length);
    const pairs = keys.map((pairKey) => ({ key: pairKey, value: new Uint8Array(valueBytes) }));
    const largest: LogCommand = {
      logTimeMs: Number.MAX_SAFE_INTEGER,
      session: SESSION,
      action: { kind: "setMulti", pairs },
    };
    expect(decodeLogCommand(encodeLogCommand(largest))).toStrictEqual(largest);
  });
});

function isSame(left: WriteCommand, right: WriteCommand): boolean {
  const plain = (write_: WriteCommand): string =>
    JSON.stringify(write_, (_name, cell: unknown) => (cell instanceof Uint8Array ? `bytes ${hex(cell)}` : cell));
  return plain(left) === plain(right);
}
