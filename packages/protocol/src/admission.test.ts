import { createSecretKey, type KeyObject } from "node:crypto";
import { AssertionFailure } from "@aspenjs/api";
import { DecodeError, encodeRow, type Cell } from "@aspenjs/codec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { damaged, fromHex, toHex } from "../test/wire-values.ts";
import { admissionProof, isAdmissionProof, type AdmissionTranscript } from "./admission.ts";
import {
  decodeAdmissionAnswer,
  decodeAdmissionRequest,
  encodeAdmissionAnswer,
  encodeAdmissionRequest,
  type AdmissionAnswer,
  type AdmissionRequest,
} from "./admission-message.ts";

const KEY = createSecretKey(new Uint8Array(32).fill(7));
const transcript: AdmissionTranscript = {
  dialerPeerId: "peer-a",
  responderPeerId: "peer-b",
  dialerNonce: new Uint8Array(32).fill(1),
  responderNonce: new Uint8Array(32).fill(2),
};

describe("admission proofs", () => {
  // Computed with another implementation of HMAC-SHA256 over the row's bytes written out by hand.
  test("A1: a proof is an HMAC, and keeps its bytes", () => {
    expect(toHex(admissionProof(KEY, "dialer", transcript))).toBe(
      "bbc6592f931930cf72aa66b95982c781fc452fc8362a15fe4a7f9c966c322299",
    );
  });

  test("A2: a proof holds for its own exchange and role alone", () => {
    const proof = admissionProof(KEY, "dialer", transcript);
    expect(isAdmissionProof(proof, KEY, "dialer", transcript)).toBe(true);
    const others: readonly (readonly [string, KeyObject, "dialer" | "responder", AdmissionTranscript])[] = [
      ["another key", createSecretKey(new Uint8Array(32).fill(8)), "dialer", transcript],
      ["reflected", KEY, "responder", transcript],
      ["another dialer", KEY, "dialer", { ...transcript, dialerPeerId: "peer-c" }],
      ["relayed to another responder", KEY, "dialer", { ...transcript, responderPeerId: "peer-c" }],
      ["replayed to a fresh dialer nonce", KEY, "dialer", { ...transcript, dialerNonce: new Uint8Array(32).fill(3) }],
      [
        "replayed to a fresh responder nonce",
        KEY,
        "dialer",
        { ...transcript, responderNonce: new Uint8Array(32).fill(3) },
      ],
      ["peer ids run together", KEY, "dialer", { ...transcript, dialerPeerId: "peer-ap", responderPeerId: "eer-b" }],
    ];
    for (const [name, key, role, other] of others) {
      expect(isAdmissionProof(proof, key, role, other), name).toBe(false);
    }
  });

  test("A3: one flipped bit anywhere, or another length, is no proof", () => {
    const proof = admissionProof(KEY, "responder", transcript);
    for (let bit = 0; bit < proof.byteLength * 8; bit += 1) {
      const flipped = Uint8Array.from(proof);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(isAdmissionProof(flipped, KEY, "responder", transcript)).toBe(false);
    }
    expect(isAdmissionProof(proof.subarray(1), KEY, "responder", transcript)).toBe(false);
    expect(isAdmissionProof(new Uint8Array(), KEY, "responder", transcript)).toBe(false);
  });

  test("a short nonce is a bug", () => {
    const short = { ...transcript, dialerNonce: new Uint8Array(31) };
    expect(() => admissionProof(KEY, "dialer", short)).toThrow(AssertionFailure);
  });
});

const NONCE = "01".repeat(32);
const PROOF = "02".repeat(32);

const REQUESTS: readonly (readonly [string, AdmissionRequest, string])[] = [
  ["challenge", { kind: "challenge", nonce: Uint8Array.from(fromHex(NONCE)) }, `8301005820${NONCE}`],
  [
    "prove",
    { kind: "prove", proof: Uint8Array.from(fromHex(PROOF)), node: { nodeId: 3, clusterId: "c1" } },
    `8501015820${PROOF}03626331`,
  ],
  [
    "prove without a cluster",
    { kind: "prove", proof: Uint8Array.from(fromHex(PROOF)), node: { nodeId: 3, clusterId: undefined } },
    `8501015820${PROOF}03f6`,
  ],
  ["decline", { kind: "decline" }, "820102"],
];
const ANSWERS: readonly (readonly [string, AdmissionAnswer, string])[] = [
  [
    "challenge",
    { kind: "challenge", nonce: Uint8Array.from(fromHex(NONCE)), proof: Uint8Array.from(fromHex(PROOF)) },
    `8401005820${NONCE}5820${PROOF}`,
  ],
  ["prove", { kind: "prove", node: { nodeId: 3, clusterId: "c1" } }, "84010103626331"],
  ["prove without a cluster", { kind: "prove", node: { nodeId: 3, clusterId: undefined } }, "84010103f6"],
];

describe("admission messages", () => {
  test.each(REQUESTS)("request %s keeps its bytes", (_name, request, bytes) => {
    expect(toHex(encodeAdmissionRequest(request))).toBe(bytes);
    expect(decodeAdmissionRequest(fromHex(bytes))).toStrictEqual(request);
  });

  test.each(ANSWERS)("answer %s keeps its bytes", (_name, answer, bytes) => {
    expect(toHex(encodeAdmissionAnswer(answer))).toBe(bytes);
    expect(decodeAdmissionAnswer(fromHex(bytes))).toStrictEqual(answer);
  });

  test("any bytes at all either decode to what encodes to them, or are refused with DecodeError", () => {
    const almost = damaged(fc.constantFrom(...REQUESTS, ...ANSWERS).map(([, , bytes]) => fromHex(bytes)));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), almost), (bytes) => {
        for (const again of [
          () => encodeAdmissionRequest(decodeAdmissionRequest(bytes)),
          () => encodeAdmissionAnswer(decodeAdmissionAnswer(bytes)),
        ]) {
          try {
            expect(toHex(again())).toBe(toHex(bytes));
          } catch (error) {
            if (!(error instanceof DecodeError)) throw error;
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test.each<readonly [string, readonly Cell[]]>([
    ["another version", [2, 0, new Uint8Array(32)]],
    ["an unknown kind", [1, 3]],
    ["a decline with something to add", [1, 2, new Uint8Array(32)]],
    ["a short nonce", [1, 0, new Uint8Array(31)]],
    ["a long nonce", [1, 0, new Uint8Array(33)]],
    ["a cell too many", [1, 0, new Uint8Array(32), 1]],
    ["node 0", [1, 1, new Uint8Array(32), 0, null]],
    ["more than a message may have", [1, 0, new Uint8Array(1_024)]],
  ])("%s is refused", (_name, row) => {
    expect(() => decodeAdmissionRequest(encodeRow(row))).toThrow(DecodeError);
  });
});
