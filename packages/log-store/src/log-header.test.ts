import { DecodeError } from "@aspenjs/codec";
import { expect, test } from "vitest";
import { CHAIN_GENESIS, loadChainHasher } from "./chain-hasher.ts";
import { encodeEntry } from "./entry-codec.ts";
import { decodeHeader, emptyHeader, encodeHeader, type LogHeader } from "./log-header.ts";

const hasher = await loadChainHasher();

const HEADER: LogHeader = {
  storeId: "n",
  state: {
    hardState: { term: 9, vote: 3 },
    purged: { term: 2, index: 4 },
    committed: 5,
    last: { term: 8, index: 6 },
  },
  base: new Uint8Array(32).fill(0xaa),
  tip: new Uint8Array(32).fill(0xbb),
};

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

test("term, vote and the ends of the log have their golden bytes", () => {
  const body = `018a616e090302045820${"aa".repeat(32)}0508065820${"bb".repeat(32)}`;
  const checksum = "ce4cfd95b89866a621a17c0088f9f458fd398f348241fa854ad1fd5d835f6ddf";
  expect(hex(encodeHeader(hasher, HEADER))).toBe(body + checksum);
  expect(decodeHeader(hasher, encodeHeader(hasher, HEADER))).toEqual(HEADER);
});

test("a new store has a header without vote", () => {
  const header = emptyHeader("node-1");
  expect(decodeHeader(hasher, encodeHeader(hasher, header))).toEqual(header);
  expect(header.state.hardState).toEqual({ term: 0, vote: undefined });
});

test("every single flipped bit is found", () => {
  const bytes = encodeHeader(hasher, HEADER);
  for (let bit = 0; bit < bytes.byteLength * 8; bit += 1) {
    const flipped = bytes.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(() => decodeHeader(hasher, flipped), `bit ${bit}`).toThrow(DecodeError);
  }
  for (let length = 0; length < bytes.byteLength; length += 1) {
    expect(() => decodeHeader(hasher, bytes.subarray(0, length)), `${length} bytes`).toThrow(DecodeError);
  }
});

test.each([
  ["purged beyond committed", { purged: { term: 2, index: 6 } }],
  ["committed beyond the last entry", { committed: 7 }],
])("a header with %s is refused, although its checksum is right", (_name, change) => {
  const bytes = encodeHeader(hasher, { ...HEADER, state: { ...HEADER.state, ...change } });
  expect(() => decodeHeader(hasher, bytes)).toThrow("out of order");
});

test("the hash is BLAKE3, and links an entry to the hash before it", () => {
  expect(hex(hasher.digest(new TextEncoder().encode("abc")))).toBe(
    "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
  );
  const blank = encodeEntry({ term: 1, index: 1, payload: { kind: "blank" } });
  expect(hex(hasher.link(CHAIN_GENESIS, blank))).toBe(
    "3485e82123875b1967bf36aee356623af17a86506749a3a3bfad0f0f97df7a94",
  );
  const joined = Uint8Array.of(...CHAIN_GENESIS, ...blank);
  expect(hasher.digest(joined)).toEqual(hasher.link(CHAIN_GENESIS, blank));
});
