import { AspenError, AssertionFailure, assertWriteCommand, limits, type WriteCommand } from "@aspenjs/api";
import { DecodeError, decodeRow, encodeRow, type Row } from "@aspenjs/codec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { writeCommand } from "../test/fuzz/write-values.ts";
import { fromHex, toHex } from "../test/wire-values.ts";
import { LOG_COMMAND_BYTES_MAX } from "./limits.ts";
import { readWriteCommand, writeCommandRow } from "./write-command-row.ts";

const value = new Uint8Array([7]);

const read = (bytes: Uint8Array): WriteCommand => readWriteCommand(decodeRow(bytes, LOG_COMMAND_BYTES_MAX));

/** These bytes are on disks: a change here needs a new format version. */
const GOLDEN: readonly (readonly [string, WriteCommand, string])[] = [
  ["set", { kind: "set", key: "k", value }, "8502616b4107f4f6"],
  ["set with a lease", { kind: "set", key: "k", value, leaseId: 300 }, "8502616b4107f4820019012c"],
  ["set with a time to live", { kind: "set", key: "k", value, ttlMs: 60_000 }, "8502616b4107f4820119ea60"],
  [
    "deleteRange of a prefix",
    { kind: "deleteRange", range: { kind: "prefix", prefix: "a/" }, returnPrevious: true },
    "8308820062612ff5",
  ],
  [
    "deleteRange of a range",
    { kind: "deleteRange", range: { kind: "range", start: "a", end: "b" } },
    "83088301616161" + "62f4",
  ],
  ["leaseGrant", { kind: "leaseGrant", ttlMs: 60_000 }, "830a19ea60f6"],
  ["leaseGrant with a number", { kind: "leaseGrant", ttlMs: 100, leaseId: 258 }, "830a1864190102"],
  ["leaseRevoke", { kind: "leaseRevoke", leaseId: 7 }, "820b07"],
];

/** What no gate lets pass: as a command, and as the row that somebody else may have written. */
const ILLEGAL: readonly (readonly [string, WriteCommand, Row])[] = [
  ["lease 0", { kind: "set", key: "k", value, leaseId: 0 }, [2, "k", value, false, [0, 0]]],
  ["a fraction of a lease", { kind: "leaseRevoke", leaseId: 1.5 }, [11, "1.5"]],
  [
    "a time to live that is too short",
    { kind: "set", key: "k", value, ttlMs: limits.leaseTtlMsMin - 1 },
    [2, "k", value, false, [1, limits.leaseTtlMsMin - 1]],
  ],
  [
    "a time to live that is too long",
    { kind: "leaseGrant", ttlMs: limits.leaseTtlMsMax + 1 },
    [10, limits.leaseTtlMsMax + 1, null],
  ],
  ["a grant of lease 0", { kind: "leaseGrant", ttlMs: 1_000, leaseId: 0 }, [10, 1_000, 0]],
  [
    "a lease and a time to live at once",
    { kind: "set", key: "k", value, leaseId: 1, ttlMs: 1_000 },
    [2, "k", value, false, [0, 1, 1_000]],
  ],
  [
    "a bound that is too long",
    { kind: "deleteRange", range: { kind: "prefix", prefix: "k".repeat(limits.rangeBoundBytesMax + 1) } },
    [8, [0, "k".repeat(limits.rangeBoundBytesMax + 1)], false],
  ],
];

describe("rows of writes", () => {
  test.each(GOLDEN)("%s keeps its bytes", (_name, command, bytes) => {
    expect(toHex(encodeRow(writeCommandRow(command)))).toBe(bytes);
    expect(read(fromHex(bytes))).toStrictEqual(command);
  });

  test("every write reads back as it was written", () => {
    fc.assert(
      fc.property(writeCommand, (command) => {
        expect(read(encodeRow(writeCommandRow(command)))).toStrictEqual(command);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each(ILLEGAL)("C2: %s passes no gate, is never written, and is refused", (_name, command, row) => {
    expect(() => assertWriteCommand(command)).toThrow(AspenError);
    expect(() => writeCommandRow(command)).toThrow(AssertionFailure);
    expect(() => read(encodeRow(row))).toThrow(DecodeError);
  });

  test("C2: a system key is the gate's matter, and has its row", () => {
    const command: WriteCommand = { kind: "delete", key: "\u0000members" };
    expect(() => assertWriteCommand(command)).toThrow(AspenError);
    expect(read(encodeRow(writeCommandRow(command)))).toStrictEqual(command);
  });

  test.each<readonly [string, Row]>([
    ["opening a session", [0]],
    ["closing a session", [1]],
    ["renewing leases", [12, [1]]],
    ["expiring leases", [13, [1]]],
    ["extending leases", [14]],
    ["a binding that does not exist", [2, "k", value, false, [2, 1]]],
    ["a binding to nothing", [2, "k", value, false, [0]]],
    ["a cell behind a binding to nothing", [2, "k", value, false, null, null]],
    ["a range that does not exist", [8, [2, "a"], false]],
    ["a cell behind a deletion", [8, [0, "a"], false, null]],
    ["a cell behind a grant", [10, 1_000, null, null]],
    ["a cell behind a revocation", [11, 1, null]],
  ])("%s is refused as a write", (_name, row) => {
    expect(() => read(encodeRow(row))).toThrow(DecodeError);
  });
});
