import { createSecretKey } from "node:crypto";
import { encodeRow } from "@aspenjs/codec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase32, encodeBase32 } from "./base32.ts";
import {
  clientTicketBytes,
  decodeClientTicket,
  encodeClientTicket,
  verifyClientTicket,
  type ClientTicket,
} from "./client-ticket.ts";
import { ClusterSecret } from "./cluster-secret.ts";
import { decodeJoinTicket, encodeJoinTicket, type JoinTicket } from "./join-ticket.ts";
import { protocolLimits } from "./limits.ts";
import { ticketError, ticketKindOf } from "./ticket-text.ts";

const secret = ClusterSecret.fromBytes(new Uint8Array(32).fill(9));
const ticketKey = secret.ticketKey();
const NOW_MS = 1_700_000_000_000;

const ticket: ClientTicket = {
  id: "000102030405060708090a0b0c0d0e0f",
  clusterId: "c1",
  addresses: ["/ip4/127.0.0.1/tcp/4001"],
  access: "write",
  keyPrefixes: ["app/"],
  expiresAtMs: NOW_MS + 60_000,
};
const text = encodeClientTicket(ticket, ticketKey);
const bytes = bytesOf(text);

function bytesOf(ticketText: string): Uint8Array {
  const outcome = clientTicketBytes(ticketText);
  if (outcome.kind === "refused") throw new Error(outcome.reason);
  return outcome.bytes;
}

function clientText(row: Parameters<typeof encodeRow>[0]): string {
  return `aspenclient${encodeBase32(encodeRow(row))}`;
}

function flippedBit(whole: Uint8Array, bit: number): Uint8Array {
  const flipped = Uint8Array.from(whole);
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}

const anyTicket: fc.Arbitrary<ClientTicket> = fc.record(
  {
    id: fc
      .uint8Array({ minLength: 16, maxLength: 16 })
      .map((idBytes) => Array.from(idBytes, (byte) => byte.toString(16).padStart(2, "0")).join("")),
    clusterId: fc.string({ unit: "grapheme", maxLength: 20 }),
    addresses: fc.array(fc.string({ unit: "grapheme", maxLength: 20 }), { maxLength: 16 }),
    access: fc.constantFrom("read" as const, "write" as const, "admin" as const),
    keyPrefixes: fc.array(fc.string({ unit: "grapheme", maxLength: 20 }), { maxLength: 16 }),
    expiresAtMs: fc.option(fc.integer({ min: NOW_MS + 1, max: Number.MAX_SAFE_INTEGER }), { nil: undefined }),
  },
  { noNullPrototype: true },
);

describe("client tickets", () => {
  test("keep their text", () => {
    expect(text).toBe(
      "aspenclientraavaaabaibqibiga4eascqlbqgq4d3cmmyyc5zpnfydilzrgi3s4mbogaxdcl3umnyc6nbqgaywk53snf2glalemfyhaly3aaaadc6p4zjgawbalv2tj5mr3gguspabbxtnvtyz4keiwjnfrjeufjby437367g5o47a",
    );
  });

  test("read back as they were issued, and verify with the key that signed them", () => {
    fc.assert(
      fc.property(anyTicket, (issued) => {
        const issuedText = encodeClientTicket(issued, ticketKey);
        expect(issuedText).toMatch(/^aspenclient[a-z2-7]+$/);
        expect(decodeClientTicket(issuedText)).toStrictEqual({ kind: "accepted", ticket: issued });
        const verified = verifyClientTicket(bytesOf(issuedText), { ticketKey, nowMs: NOW_MS });
        expect(verified).toStrictEqual({ kind: "accepted", ticket: issued });
      }),
    );
  });

  test("T1: no ticket with one flipped bit verifies", () => {
    for (let bit = 0; bit < bytes.byteLength * 8; bit += 1) {
      const outcome = verifyClientTicket(flippedBit(bytes, bit), { ticketKey, nowMs: NOW_MS });
      expect(outcome.kind, `bit ${bit}`).toBe("refused");
    }
    fc.assert(
      fc.property(anyTicket, fc.nat(), (issued, position) => {
        const whole = bytesOf(encodeClientTicket(issued, ticketKey));
        const flipped = flippedBit(whole, position % (whole.byteLength * 8));
        expect(verifyClientTicket(flipped, { ticketKey, nowMs: NOW_MS }).kind).toBe("refused");
      }),
    );
  });

  test("any bytes and any text are refused with a reason", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (anything) => {
        expect(verifyClientTicket(anything, { ticketKey, nowMs: NOW_MS }).kind).toBe("refused");
        expect(decodeClientTicket(`aspenclient${encodeBase32(anything)}`).kind).toBe("refused");
      }),
    );
  });

  test.each([
    ["unknownKind", ""],
    ["unknownKind", "aspenblobqaaa"],
    ["unknownKind", text.slice(1)],
    ["unknownKind", text.replace("aspenclient", "aspen")],
    ["badAlphabet", `${text}!`],
    ["badAlphabet", text.toUpperCase().replace("ASPENCLIENTR", "aspenclientr")],
    ["badAlphabet", text.replace("aspenclientr", "aspenclientr1")],
    ["malformed", `aspenclient${encodeBase32(bytes.subarray(0, -3))}`],
    ["unknownVersion", clientText([2, "c1"])],
    ["trailingBytes", `aspenclient${encodeBase32(new Uint8Array([...bytes, 0]))}`],
    ["trailingBytes", clientText([1, new Uint8Array(16), "c1", [], "read", [], null, new Uint8Array(32), "more"])],
    [
      "tooManyAddresses",
      clientText([
        1,
        new Uint8Array(16),
        "c1",
        Array.from({ length: 17 }, () => "/a"),
        "read",
        [],
        null,
        new Uint8Array(32),
      ]),
    ],
    ["tooLong", `aspenclientq${"a".repeat(protocolLimits.ticketTextBytesMax)}`],
  ])("%s is told apart (%#)", (reason, wrong) => {
    expect(decodeClientTicket(wrong)).toEqual({ kind: "refused", reason });
  });

  test.each([
    ["badSignature", { ticketKey: createSecretKey(new Uint8Array(32)), nowMs: NOW_MS }],
    ["otherCluster", { ticketKey, nowMs: NOW_MS, clusterId: "c2" }],
    ["expired", { ticketKey, nowMs: NOW_MS + 60_000 }],
    ["revoked", { ticketKey, nowMs: NOW_MS, isRevoked: (id: string) => id === ticket.id }],
  ])("T3: %s is told apart", (reason, check) => {
    expect(verifyClientTicket(bytes, check)).toEqual({ kind: "refused", reason });
  });

  test("T2: what is not signed is refused as such, whatever else is wrong with it", () => {
    const check = {
      ticketKey: createSecretKey(new Uint8Array(32)),
      nowMs: NOW_MS + 90_000,
      clusterId: "c2",
      isRevoked: () => true,
    };
    expect(verifyClientTicket(bytes, check)).toEqual({ kind: "refused", reason: "badSignature" });
  });

  test("last until the millisecond before they expire", () => {
    expect(verifyClientTicket(bytes, { ticketKey, nowMs: NOW_MS + 59_999 }).kind).toBe("accepted");
    const lasting = bytesOf(encodeClientTicket({ ...ticket, expiresAtMs: undefined }, ticketKey));
    expect(verifyClientTicket(lasting, { ticketKey, nowMs: Number.MAX_SAFE_INTEGER }).kind).toBe("accepted");
  });

  test("deep nesting is refused, and quickly", () => {
    const nested = new Uint8Array(protocolLimits.ticketBytesMax).fill(0x81);
    expect(verifyClientTicket(nested, { ticketKey, nowMs: NOW_MS })).toEqual({ kind: "refused", reason: "malformed" });
  });

  test("the largest ticket fits its bound", () => {
    const prefix = "é".repeat(512);
    const largest: ClientTicket = {
      ...ticket,
      clusterId: "c".repeat(128),
      addresses: Array.from({ length: 16 }, () => "a".repeat(512)),
      keyPrefixes: Array.from({ length: 16 }, () => prefix),
    };
    expect(decodeClientTicket(encodeClientTicket(largest, ticketKey)).kind).toBe("accepted");
  });

  test("a refusal becomes a boundary error with its reason", () => {
    expect(ticketError("expired")).toMatchObject({
      code: "unauthorized",
      retryable: false,
      details: { reason: "expired" },
    });
    expect(ticketError("unknownVersion").code).toBe("unsupported");
    expect(ticketError("badAlphabet").code).toBe("invalid_request");
  });
});

describe("join tickets", () => {
  const join: JoinTicket = { clusterId: "c1", addresses: ["/ip4/127.0.0.1/tcp/4001"], secret };
  const joinText = encodeJoinTicket(join);

  test("keep their text", () => {
    expect(joinText).toBe(
      "aspenquaweyzrqf3s62lqgqxtcmrxfyyc4mbogexxiy3qf42dambrlaqascijbeeqscijbeeqscijbeeqscijbeeqscijbeeqscijbeeqsckqvfdh6pp5xts2if5x3q3auxt2ii",
    );
  });

  test("carry the secret", () => {
    const outcome = decodeJoinTicket(joinText);
    expect(outcome).toMatchObject({ kind: "accepted", ticket: { clusterId: "c1", addresses: join.addresses } });
    if (outcome.kind === "accepted") expect(outcome.ticket.secret.format()).toBe(secret.format());
  });

  test("a damaged one is noticed wherever the damage is", () => {
    const whole = decodeBase32(joinText.slice("aspen".length)) ?? new Uint8Array();
    for (let bit = 0; bit < whole.byteLength * 8; bit += 1) {
      expect(decodeJoinTicket(`aspen${encodeBase32(flippedBit(whole, bit))}`).kind, `bit ${bit}`).toBe("refused");
    }
  });

  test("refusals are told apart", () => {
    const row = (...cells: Parameters<typeof encodeRow>[0]) => `aspen${encodeBase32(encodeRow(cells))}`;
    const addresses = Array.from({ length: 17 }, () => "/a");
    expect(decodeJoinTicket(text)).toEqual({ kind: "refused", reason: "unknownKind" });
    expect(decodeJoinTicket(`${joinText}1`)).toEqual({ kind: "refused", reason: "badAlphabet" });
    expect(decodeJoinTicket(row(7))).toEqual({ kind: "refused", reason: "unknownVersion" });
    expect(decodeJoinTicket(row(1, "c1", addresses, new Uint8Array(32), new Uint8Array(16)))).toEqual({
      kind: "refused",
      reason: "tooManyAddresses",
    });
    expect(decodeJoinTicket(row(1, "c1", [], new Uint8Array(31), new Uint8Array(16)))).toEqual({
      kind: "refused",
      reason: "malformed",
    });
    expect(decodeJoinTicket(row(1, "c1", [], new Uint8Array(32), new Uint8Array(16)))).toEqual({
      kind: "refused",
      reason: "badSignature",
    });
  });
});

test("the kind of a ticket is told from its first letters", () => {
  expect(ticketKindOf(text)).toBe("aspenclient");
  expect(ticketKindOf(encodeJoinTicket({ clusterId: "c", addresses: [], secret }))).toBe("aspen");
  expect(ticketKindOf("aspendocqaaa")).toBeUndefined();
  expect(ticketKindOf("password")).toBeUndefined();
});
