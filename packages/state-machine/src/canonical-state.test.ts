import { Buffer } from "node:buffer";
import { DecodeError, encodeRow } from "@aspenjs/codec";
import { describe, expect, test } from "vitest";
import { canonicalChunks, readCanonicalState, type CanonicalState } from "./canonical-state.ts";
import type { SavedLease } from "./lease-table.ts";
import { encodeSessionResult } from "./session-row.ts";
import { membershipOf } from "./testing/log-script.ts";

const STATE: CanonicalState = {
  entries: [
    { key: "\u0000s", value: new Uint8Array(), createRevision: 1, modRevision: 1, version: 1 },
    { key: "a", value: new Uint8Array([1, 2]), createRevision: 2, modRevision: 300, version: 4 },
    { key: "b", value: new Uint8Array(), createRevision: 5, modRevision: 5, version: 1, leaseId: 7 },
    { key: "c", value: new Uint8Array(), createRevision: 6, modRevision: 6, version: 1, leaseId: 70_000 },
  ],
  state: {
    lastApplied: { term: 3, index: 70_000 },
    membership: { logId: { term: 1, index: 1 }, membership: membershipOf([1, 2]) },
    revision: 300,
    logTimeMs: 1_700_000_000_000,
    sessions: [
      {
        sessionId: 9,
        lastUsedMs: 5,
        acknowledgedThrough: 1,
        results: [encodeSessionResult(2, 6, { kind: "written", result: { kind: "setMulti", revision: 7 } })],
      },
    ],
    leases: {
      leases: [
        { leaseId: 7, ttlMs: 100, deadlineMs: 300, isOwnedByKey: false },
        { leaseId: 70_000, ttlMs: 10_000, deadlineMs: 1_700_000_010_000, isOwnedByKey: true },
      ],
      extendedAtMs: 900,
    },
    changes: [
      { revision: 299, logTimeMs: 1_699_999_999_000, content: encodeRow([[1, "x", null]]) },
      { revision: 300, logTimeMs: 1_700_000_000_000, content: encodeRow([]) },
    ],
  },
};

const bytesOf = ({ entries, state }: CanonicalState): Uint8Array =>
  new Uint8Array(Buffer.concat([...canonicalChunks(entries, state)]));

describe("the canonical state", () => {
  // Replicas of different releases compare checksums over these rows.
  test("keeps its bytes", () => {
    const rows = [
      "82008662007340010101f6",
      "82008661614201020219012c04f6",
      "82008661624005050107",
      "8200866163400606011a00011170",
      "82014d84090501818302068200820107",
      "850207186419012cf4",
      "85021a000111701927101b0000018bcfe58f10f5",
      "840319012b1b0000018bcfe56418468183016178f6",
      "840319012c1b0000018bcfe568004180",
      "87048282010184820102808082830166706565722d3181692f6d656d6f72792f31830266706565722d3281692f6d656d6f72792f32" +
        "031a0001117019012c1b0000018bcfe56800190384",
    ];
    const framed = rows.map((row) => (row.length / 2).toString(16).padStart(8, "0") + row);
    expect(Buffer.from(bytesOf(STATE)).toString("hex")).toBe(framed.join(""));
  });

  test("reads back as it was written", () => {
    expect(readCanonicalState(bytesOf(STATE))).toStrictEqual(STATE);
  });

  test("is refused when a byte is missing or one follows", () => {
    const bytes = bytesOf(STATE);
    for (let length = 0; length < bytes.byteLength; length += 1) {
      expect(() => readCanonicalState(bytes.subarray(0, length))).toThrow(DecodeError);
    }
    expect(() => readCanonicalState(new Uint8Array([...bytes, 0]))).toThrow(DecodeError);
  });

  const { entries, state } = STATE;
  const { sessions, leases, changes } = state;
  const [granted, owned] = leases.leases;
  const withLeases = (saved: readonly (SavedLease | undefined)[]): CanonicalState => ({
    entries,
    state: { ...state, leases: { ...leases, leases: saved.filter((lease) => lease !== undefined) } },
  });

  test.each<readonly [string, CanonicalState, string]>([
    ["entries out of order", { entries: [...entries].reverse(), state }, "not in order"],
    ["an entry twice", { entries: entries.flatMap((entry) => [entry, entry]), state }, "not in order"],
    ["a session twice", { entries, state: { ...state, sessions: [...sessions, ...sessions] } }, "not in order"],
    ["the newest changes missing", { entries, state: { ...state, changes: changes.slice(0, 1) } }, "revision 300 are"],
    ["changes of an hour ago", { entries, state: { ...state, logTimeMs: 1_700_003_600_000 } }, "more than is kept"],
    ["leases out of order", withLeases([owned, granted]), "not in order"],
    ["a key whose lease is lost", withLeases([granted]), "a key is bound to lease 70000, which is not there"],
    ["a key's own lease without the key", { entries: entries.slice(0, 3), state }, "lease 70000 belongs to one key"],
    [
      "a key's own lease with another key",
      {
        entries: [
          ...entries,
          { key: "d", value: new Uint8Array(), createRevision: 7, modRevision: 7, version: 1, leaseId: 70_000 },
        ],
        state,
      },
      "lease 70000 belongs to one key, but 2 are bound to it",
    ],
  ])("with %s is refused", (_name, damaged, message) => {
    expect(() => readCanonicalState(bytesOf(damaged))).toThrow(message);
    expect(() => readCanonicalState(bytesOf(damaged))).toThrow(DecodeError);
  });

  test("with kinds of rows out of order is refused", () => {
    const rows = [...canonicalChunks(entries, state)];
    // Each row is two chunks, its length and its bytes: the session comes before the last entry.
    const moved = [...rows.slice(0, 6), ...rows.slice(8, 10), ...rows.slice(6, 8), ...rows.slice(10)];
    expect(() => readCanonicalState(new Uint8Array(Buffer.concat(moved)))).toThrow(DecodeError);
  });
});
