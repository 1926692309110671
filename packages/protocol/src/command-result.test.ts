import { limits, type CommandResult, type KeyValueEntry } from "@aspenjs/api";
import { DecodeError, encodeRow, type Cell } from "@aspenjs/codec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeCommandResult, encodeCommandResult } from "./command-result.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const entry: KeyValueEntry = { key: "k", value: new Uint8Array([5]), createRevision: 3, modRevision: 9, version: 2 };

/** These bytes are in the session tables of snapshots: a change here needs a new format version. */
const GOLDEN: readonly (readonly [string, CommandResult, string])[] = [
  ["set", { kind: "written", result: { kind: "set", revision: 7 } }, "830100830007f6"],
  [
    "set with a previous entry",
    { kind: "written", result: { kind: "set", revision: 10, previous: entry } },
    "83010083000a85616b4105030902",
  ],
  ["setMulti", { kind: "written", result: { kind: "setMulti", revision: 256 } }, "8301008201190100"],
  ["delete", { kind: "written", result: { kind: "delete", revision: 0, deletedCount: 0 } }, "83010084020000f6"],
  [
    "delete with previous entries",
    { kind: "written", result: { kind: "delete", revision: 10, deletedCount: 1, previous: [entry] } },
    "83010084020a018185616b4105030902",
  ],
  ["compare ok", { kind: "written", result: { kind: "compare", outcome: "ok", revision: 1 } }, "830100820301"],
  [
    "compare conflict",
    { kind: "written", result: { kind: "compare", outcome: "conflict", revision: 1, actual: undefined } },
    "830100830401f6",
  ],
  ["sessionOpened", { kind: "sessionOpened", sessionId: 24 }, "8301011818"],
  ["sessionClosed", { kind: "sessionClosed" }, "820102"],
  ["sessionExpired", { kind: "sessionExpired" }, "820103"],
  ["sequenceRefused", { kind: "sequenceRefused", reason: "tooFarAhead" }, "83010402"],
];

const integer = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const anyEntry: fc.Arbitrary<KeyValueEntry> = fc.record(
  {
    key: fc.string({ unit: "grapheme", maxLength: 20 }),
    value: fc.uint8Array({ maxLength: 40 }),
    createRevision: integer,
    modRevision: integer,
    version: integer,
  },
  { noNullPrototype: true },
);
const anyWrite: fc.Arbitrary<CommandResult> = fc
  .oneof(
    fc.record({ kind: fc.constant("set" as const), revision: fc.maxSafeNat() }),
    fc.record({ kind: fc.constant("set" as const), revision: fc.maxSafeNat(), previous: anyEntry }),
    fc.record({ kind: fc.constant("setMulti" as const), revision: fc.maxSafeNat() }),
    fc.record({
      kind: fc.constant("delete" as const),
      revision: fc.maxSafeNat(),
      deletedCount: fc.nat({ max: limits.batchItemsMax }),
      previous: fc.array(anyEntry, { maxLength: 4 }),
    }),
    fc.record({
      kind: fc.constant("compare" as const),
      outcome: fc.constant("conflict" as const),
      revision: fc.maxSafeNat(),
      actual: fc.option(anyEntry, { nil: undefined }),
    }),
  )
  .map((result) => ({ kind: "written", result: { ...result } }));

describe("command results", () => {
  test.each(GOLDEN)("%s keeps its bytes", (_name, golden, bytes) => {
    expect(hex(encodeCommandResult(golden))).toBe(bytes);
    expect(decodeCommandResult(Buffer.from(bytes, "hex"))).toStrictEqual(golden);
  });

  test("every result reads back as it was written", () => {
    fc.assert(
      fc.property(anyWrite, (result) => {
        expect(decodeCommandResult(encodeCommandResult(result))).toStrictEqual(result);
      }),
    );
  });

  test("any bytes at all either decode to what encodes to them, or are refused with DecodeError", () => {
    const cut = fc.tuple(anyWrite, fc.nat(), fc.nat({ max: 255 })).map(([result, position, byte]) => {
      const bytes = encodeCommandResult(result).slice();
      bytes[position % bytes.byteLength] = byte;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), cut), (bytes) => {
        try {
          expect(hex(encodeCommandResult(decodeCommandResult(bytes)))).toBe(hex(bytes));
        } catch (error) {
          if (!(error instanceof DecodeError)) throw error;
        }
      }),
      { numRuns: 5_000 },
    );
  });

  test.each<readonly [string, readonly Cell[]]>([
    ["another version", [2, 2]],
    ["an unknown kind", [1, 5]],
    ["an unknown reason", [1, 4, 3]],
    ["an unknown write", [1, 0, [5, 1]]],
    ["a cell too many", [1, 2, 0]],
    ["a negative revision", [1, 0, [1, -1]]],
    ["an entry without a version", [1, 0, [0, 1, ["k", new Uint8Array(), 1, 1]]]],
  ])("%s is refused", (_name, row) => {
    expect(() => decodeCommandResult(encodeRow(row))).toThrow(DecodeError);
  });
});
