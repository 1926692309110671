import type { Membership } from "@aspenjs/api";
import { DecodeError, encodeRow, type Cell } from "@aspenjs/codec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clusterState, damaged, fromHex, nodeRecord, toHex } from "../test/wire-values.ts";
import {
  decodeClusterMessage,
  decodeClusterMessageAnswer,
  encodeClusterMessage,
  encodeClusterMessageAnswer,
  type ClusterMessage,
} from "./cluster-message.ts";

const membership: Membership = {
  voters: [1],
  outgoingVoters: [],
  learners: [],
  nodes: [{ nodeId: 1, peerId: "p1", addresses: ["/a"] }],
};

const GOLDEN: readonly (readonly [string, ClusterMessage, string])[] = [
  ["prepareInit", { kind: "prepareInit", clusterId: "c1", membership }, "840100626331848101808081830162703181622f61"],
  [
    "joinAsLearner",
    { kind: "joinAsLearner", node: { nodeId: 2, peerId: "p2", addresses: [] } },
    "83010183026270" + "3280",
  ],
  ["describe", { kind: "describe" }, "820102"],
];

const message: fc.Arbitrary<ClusterMessage> = fc.oneof(
  clusterState.map((state) => ({
    kind: "prepareInit" as const,
    clusterId: state.clusterId,
    membership: state.membership,
  })),
  nodeRecord.map((node) => ({ kind: "joinAsLearner" as const, node })),
  fc.constant({ kind: "describe" as const }),
);

describe("messages between nodes", () => {
  test.each(GOLDEN)("%s keeps its bytes", (_name, golden, bytes) => {
    expect(toHex(encodeClusterMessage(golden))).toBe(bytes);
    expect(decodeClusterMessage(fromHex(bytes))).toStrictEqual(golden);
  });

  test("answers keep their bytes", () => {
    const refused = { kind: "refused", code: "already_initialized", reason: "no" } as const;
    const description = { nodeId: 1, peerId: "p", addresses: ["/a"], isInitialized: false, clusterId: undefined };
    const described = encodeClusterMessageAnswer("describe", description);
    expect(toHex(encodeClusterMessageAnswer("prepareInit", { kind: "accepted" }))).toBe("83010000");
    expect(toHex(encodeClusterMessageAnswer("prepareInit", refused))).toBe(
      "8501000173616c72656164795f696e697469616c697a6564626e6f",
    );
    expect(toHex(described)).toBe("87010201617081622f61f4f6");
    expect(decodeClusterMessageAnswer("describe", described)).toStrictEqual(description);
    expect(decodeClusterMessageAnswer("prepareInit", encodeClusterMessageAnswer("prepareInit", refused))).toStrictEqual(
      refused,
    );
  });

  test("every message reads back as it was written", () => {
    fc.assert(
      fc.property(message, (sent) => {
        expect(decodeClusterMessage(encodeClusterMessage(sent))).toStrictEqual(sent);
      }),
    );
    fc.assert(
      fc.property(clusterState, (state) => {
        const bytes = encodeClusterMessageAnswer("joinAsLearner", state);
        expect(decodeClusterMessageAnswer("joinAsLearner", bytes)).toStrictEqual(state);
      }),
    );
  });

  test("any bytes at all either decode to what encodes to them, or are refused with DecodeError", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), damaged(message.map(encodeClusterMessage))), (bytes) => {
        try {
          expect(toHex(encodeClusterMessage(decodeClusterMessage(bytes)))).toBe(toHex(bytes));
        } catch (error) {
          if (!(error instanceof DecodeError)) throw error;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("an answer to another question is refused", () => {
    const bytes = encodeClusterMessageAnswer("prepareInit", { kind: "accepted" });
    expect(() => decodeClusterMessageAnswer("describe", bytes)).toThrow("an answer to prepareInit, not to describe");
  });

  test.each<readonly [string, readonly Cell[]]>([
    ["another version", [2, 2]],
    ["an unknown kind", [1, 3]],
    ["a cell too many", [1, 2, 0]],
    ["a membership without voters", [1, 0, "c", [[], [], [], []]]],
    [
      "a membership out of order",
      [
        1,
        0,
        "c",
        [
          [2, 1],
          [],
          [],
          [
            [1, "p", []],
            [2, "q", []],
          ],
        ],
      ],
    ],
    [
      "one peer id for two nodes",
      [
        1,
        0,
        "c",
        [
          [1, 2],
          [],
          [],
          [
            [1, "p", []],
            [2, "p", []],
          ],
        ],
      ],
    ],
  ])("%s is refused", (_name, row) => {
    expect(() => decodeClusterMessage(encodeRow(row))).toThrow(DecodeError);
  });
});
