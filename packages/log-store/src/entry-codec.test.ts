import type { LogEntry } from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeEntry, encodeEntry } from "./entry-codec.ts";
import { limits } from "./limits.ts";
import { membershipEntry } from "./testing/sample-entries.ts";

const membership: LogEntry = {
  term: 2,
  index: 7,
  payload: {
    kind: "membership",
    membership: {
      voters: [1, 2],
      outgoingVoters: [1],
      learners: [],
      nodes: [
        { nodeId: 1, peerId: "p1", addresses: ["/a"] },
        { nodeId: 2, peerId: "p2", addresses: [] },
      ],
    },
  },
};

/** These bytes are on disks. They never change; a new format gets a new version byte. */
const GOLDEN: readonly (readonly [string, LogEntry, string])[] = [
  ["blank", { term: 1, index: 1, payload: { kind: "blank" } }, "0183010100"],
  [
    "command",
    { term: 300, index: Number.MAX_SAFE_INTEGER, payload: { kind: "command", command: Uint8Array.of(1, 2, 3) } },
    "018419012c1b001fffffffffffff0143010203",
  ],
  ["membership", membership, "01840207028482010281018082830162703181622f61830262703280"],
];

describe("entry encoding", () => {
  test.each(GOLDEN)("%s has its golden bytes", (_name, entry, hex) => {
    expect(Buffer.from(encodeEntry(entry)).toString("hex")).toBe(hex);
    expect(decodeEntry(Uint8Array.from(Buffer.from(hex, "hex")))).toEqual(entry);
  });

  test("every command reads back as it was", () => {
    const entry = fc.record({
      term: fc.maxSafeNat(),
      index: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      payload: fc.record({ kind: fc.constant("command" as const), command: fc.uint8Array() }),
    });
    fc.assert(
      fc.property(entry, (value) => {
        expect(decodeEntry(encodeEntry(value))).toEqual(value);
      }),
    );
  });

  test("other bytes are refused with DecodeError, whatever they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          expect(encodeEntry(decodeEntry(bytes))).toEqual(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });

  test.each([
    ["nothing", ""],
    ["an unknown version", "0283010100"],
    ["an unknown payload", "0183010103"],
    ["index 0", "0183010000"],
    ["a cell too many", "018401010000"],
    ["a trailing byte", "018301010000"],
  ])("%s is refused", (_name, hex) => {
    expect(() => decodeEntry(Uint8Array.from(Buffer.from(hex, "hex")))).toThrow(DecodeError);
  });

  test("the largest entry fits, a larger one is a bug of the caller", () => {
    const entry = (byteLength: number): LogEntry => {
      return { term: 1, index: 1, payload: { kind: "command", command: new Uint8Array(byteLength) } };
    };
    const largest = encodeEntry(entry(limits.entryBytesMax - 100));
    expect(decodeEntry(largest).payload.kind).toBe("command");
    expect(() => encodeEntry(entry(limits.entryBytesMax))).toThrow("too large");
  });

  test("a joint membership with addresses beyond ASCII reads back as it was", () => {
    expect(decodeEntry(encodeEntry(membershipEntry(3, 9)))).toEqual(membershipEntry(3, 9));
  });
});
