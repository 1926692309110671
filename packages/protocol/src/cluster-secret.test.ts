import { inspect } from "node:util";
import { AspenError } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../test/wire-values.ts";
import { encodeBase32 } from "./base32.ts";
import { ClusterSecret } from "./cluster-secret.ts";

const BYTES = Uint8Array.from({ length: 32 }, (_, position) => position);
const HEX = toHex(BYTES);
const secret = ClusterSecret.fromBytes(BYTES);

describe("ClusterSecret", () => {
  // Computed with another implementation of RFC 5869.
  test("K1: derives a key of its own for every purpose", () => {
    expect(toHex(secret.admissionKey().export())).toBe(
      "c9a758e85d9af4cf53e867459323b21779be1c13189808f5e4547447abf8412a",
    );
    expect(toHex(secret.ticketKey().export())).toBe("b5d2108cf64f4eab47bb4ff8754780e211e01e3b61d99a5f00cc03fc0b6f49a5");
    expect(secret.gossipTopic()).toBe("aspen/dea3ea52348a1ad2ee772dcb74188909d7f0fc422089df10f2329ea1ebdcdae7");
  });

  test.each([
    ["hex", HEX],
    ["hex in capitals, with white space", ` ${HEX.toUpperCase()}\n`],
    ["base32", encodeBase32(BYTES)],
    ["base32 in capitals", encodeBase32(BYTES).toUpperCase()],
  ])("reads %s", (_name, text) => {
    expect(ClusterSecret.parse(text).format()).toBe(HEX);
  });

  test.each([
    ["31 bytes in hex", HEX.slice(2)],
    ["half a byte", `${HEX}0`],
    ["31 bytes in base32", encodeBase32(BYTES.subarray(1))],
    ["another alphabet", `${HEX.slice(1)}x!`],
    ["nothing", ""],
    ["more than a secret may have", "00".repeat(1_025)],
  ])("refuses %s, and does not repeat it", (_name, text) => {
    let refusal: unknown;
    try {
      ClusterSecret.parse(text);
    } catch (error) {
      refusal = error;
    }
    expect(AspenError.isCode(refusal, "invalid_request")).toBe(true);
    if (text !== "") expect(String(refusal)).not.toContain(text.slice(0, 8));
  });

  test("K2: prints as a placeholder everywhere", () => {
    const wrapped = { nested: { secret } };
    for (const printed of [String(secret), JSON.stringify(wrapped), inspect(wrapped, { depth: 9, showHidden: true })]) {
      expect(printed).toContain("[cluster secret]");
      expect(printed).not.toContain(HEX.slice(0, 8));
      expect(printed).not.toContain("0, 1, 2");
    }
  });

  test("is not changed by whoever gave or got its bytes", () => {
    const given = Uint8Array.from(BYTES);
    const kept = ClusterSecret.fromBytes(given);
    given.fill(0);
    kept.bytes().fill(0);
    expect(kept.bytes()).toEqual(BYTES);
  });

  test("a generated one is as long as the shortest that is allowed", () => {
    const random = { below: () => 0, bytes: (byteLength: number) => fromHex("ab".repeat(byteLength)) };
    expect(ClusterSecret.generate(random).format()).toBe("ab".repeat(32));
  });
});
