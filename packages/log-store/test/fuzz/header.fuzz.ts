import { DecodeError } from "@aspenjs/codec";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { HASH_BYTES, loadChainHasher } from "../../src/chain-hasher.ts";
import { limits } from "../../src/limits.ts";
import { decodeHeader, emptyHeader, encodeHeader, type LogHeader } from "../../src/log-header.ts";

const hasher = await loadChainHasher();

export const target = defineTarget<LogHeader>({
  name: "log-store/header",
  decodes: "what a log knows apart from its entries, on disk",
  covers: ["decodeHeader"],
  frameBytesMax: limits.headerBytesMax,
  seeds: () => [
    encodeHeader(hasher, emptyHeader("node-1")),
    encodeHeader(hasher, {
      storeId: "n",
      state: {
        hardState: { term: 9, vote: 3 },
        purged: { term: 2, index: 4 },
        committed: 5,
        last: { term: 8, index: 6 },
      },
      base: new Uint8Array(HASH_BYTES).fill(0xaa),
      tip: new Uint8Array(HASH_BYTES).fill(0xbb),
    }),
  ],
  decode: throwing((bytes) => decodeHeader(hasher, bytes), DecodeError),
  encode: { form: "canonical", write: (header) => encodeHeader(hasher, header) },
  check: ({ state: { purged, committed, last } }) => {
    if (purged.index > committed || committed > last.index) throw new Error("log ids out of order");
  },
  repair: (bytes) => {
    if (bytes.byteLength < HASH_BYTES) return bytes;
    const body = bytes.subarray(0, -HASH_BYTES);
    return new Uint8Array(Buffer.concat([body, hasher.digest(body)]));
  },
  canaries: [
    {
      name: "a checksum that is not looked at",
      file: "packages/log-store/src/log-header.ts",
      find: "if (!isSameHash(hasher.digest(body), bytes.subarray(bodyBytes))) throw",
      replace: "if (bodyBytes === 0) throw",
    },
    {
      name: "log ids out of order",
      file: "packages/log-store/src/log-header.ts",
      find: "purged.index > committed || committed > last.index",
      replace: "purged.index > committed",
    },
  ],
});
