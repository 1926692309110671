import type { LogEntry } from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import { defineTarget } from "@aspenjs/fuzz";
import { CHAIN_GENESIS, HASH_BYTES, loadChainHasher } from "../../src/chain-hasher.ts";
import { decodeEntry } from "../../src/entry-codec.ts";
import { limits } from "../../src/limits.ts";
import { isLinked, rowEntryBytes, sealRows } from "../../src/stored-row.ts";

const hasher = await loadChainHasher();

function rowOf(entry: LogEntry): Uint8Array {
  const [row] = sealRows(hasher, CHAIN_GENESIS, [entry]).rows;
  if (row === undefined) throw new Error("an entry has its row");
  return row.bytes;
}

export const target = defineTarget<LogEntry>({
  name: "log-store/stored-row",
  decodes: "a row of the log: the chain's hash and the entry behind it",
  covers: [],
  frameBytesMax: limits.entryBytesMax,
  seeds: () => [
    rowOf({ term: 1, index: 1, payload: { kind: "blank" } }),
    rowOf({ term: 3, index: 8, payload: { kind: "command", command: Uint8Array.of(1, 2, 3) } }),
  ],
  decode: (bytes) => {
    if (!isLinked(hasher, CHAIN_GENESIS, bytes)) return { kind: "refused" };
    try {
      return { kind: "value", value: decodeEntry(rowEntryBytes(bytes)) };
    } catch (error) {
      if (error instanceof DecodeError) return { kind: "refused" };
      throw error;
    }
  },
  encode: { form: "canonical", write: rowOf },
  repair: (bytes) => {
    const entry = bytes.subarray(HASH_BYTES);
    return new Uint8Array(Buffer.concat([hasher.link(CHAIN_GENESIS, entry), entry]));
  },
  canaries: [
    {
      name: "half of a hash is enough",
      file: "packages/log-store/src/stored-row.ts",
      find: "return isSameHash(hasher.link(previous, rowEntryBytes(bytes)), bytes.subarray(0, HASH_BYTES));",
      replace:
        "return isSameHash(hasher.link(previous, rowEntryBytes(bytes)).subarray(0, 16), bytes.subarray(0, HASH_BYTES / 2));",
    },
  ],
});
