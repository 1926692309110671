import type { LogEntry } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { DecodeError } from "./decode-error.ts";
import { logEntryToRow, readLogEntry } from "./log-entry-row.ts";
import { readStoredMembership, storedMembershipToRow } from "./membership-row.ts";
import type { Row } from "./cell.ts";
import { decodeRow, encodeRow } from "./row.ts";

const membership = {
  voters: [1, 2],
  outgoingVoters: [3],
  learners: [4],
  nodes: [{ nodeId: 1, peerId: "p", addresses: ["/ip4/127.0.0.1/tcp/1", "/memory/p"] }],
};

const entries: readonly LogEntry[] = [
  { term: 3, index: 7, payload: { kind: "blank" } },
  { term: 3, index: 8, payload: { kind: "command", command: new Uint8Array([1, 2, 3]) } },
  { term: 0, index: 1, payload: { kind: "membership", membership } },
];

const reopen = (row: Row) => decodeRow(encodeRow(row), 10_000);

describe("rows of log entries and memberships", () => {
  test("read back as they were written", () => {
    for (const entry of entries) expect(readLogEntry(reopen(logEntryToRow(entry)))).toEqual(entry);
    const stored = { logId: { term: 2, index: 9 }, membership };
    expect(readStoredMembership(reopen(storedMembershipToRow(stored)))).toEqual(stored);
  });

  test("have the bytes that disks and peers hold already", () => {
    const hex = (row: Row) => Buffer.from(encodeRow(row)).toString("hex");
    expect(entries.map((entry) => hex(logEntryToRow(entry)))).toMatchInlineSnapshot(`
      [
        "83030700",
        "8403080143010203",
        "840001028482010281038104818301617082742f6970342f3132372e302e302e312f7463702f31692f6d656d6f72792f70",
      ]
    `);
  });

  test("refuse an unknown payload, an index of zero and cells too many", () => {
    expect(() => readLogEntry(reopen([1, 1, 3]))).toThrow(DecodeError);
    expect(() => readLogEntry(reopen([1, 0, 0]))).toThrow(DecodeError);
    expect(() => readLogEntry(reopen([1, 1, 0, 0]))).toThrow(DecodeError);
    expect(() => readLogEntry(reopen([1, 1, 1]))).toThrow("missing");
  });
});
