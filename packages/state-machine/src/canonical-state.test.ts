import { Buffer } from "node:buffer";
import { DecodeError } from "@aspenjs/codec";
import { describe, expect, test } from "vitest";
import { canonicalChunks, readCanonicalState, type CanonicalState } from "./canonical-state.ts";
import { encodeSessionResult } from "./session-row.ts";
import { membershipOf } from "./testing/log-script.ts";

const STATE: CanonicalState = {
  entries: [
    { key: "\u0000s", value: new Uint8Array(), createRevision: 1, modRevision: 1, version: 1 },
    { key: "a", value: new Uint8Array([1, 2]), createRevision: 2, modRevision: 300, version: 4 },
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
  },
};

const bytesOf = ({ entries, state }: CanonicalState): Uint8Array =>
  new Uint8Array(Buffer.concat([...canonicalChunks(entries, state)]));

describe("the canonical state", () => {
  // Replicas of different releases compare checksums over these bytes.
  test("keeps its bytes", () => {
    const rows = [
      "83008562007340010101f6",
      "83008561614201020219012c04f6",
      "82014d84090501818302068200820107",
      "86028282010184820102808082830166706565722d3181692f6d656d6f72792f31830266706565722d3281692f6d656d6f72792f32" +
        "031a0001117019012c1b0000018bcfe56800",
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
});
