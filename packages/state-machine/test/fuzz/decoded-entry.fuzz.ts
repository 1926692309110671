import type { TransactionCommand } from "@aspenjs/api";
import { defineTarget } from "@aspenjs/fuzz";
import { encodeLogCommand, LOG_COMMAND_BYTES_MAX } from "@aspenjs/protocol";
import { decodeEntries, type DecodedEntry } from "../../src/decoded-entry.ts";

const SESSION = { sessionId: 5, sequence: 1_000, acknowledgedThrough: 998 };
const RANGE = { kind: "prefix" as const, prefix: "k" };
const TRANSACTION: TransactionCommand = {
  kind: "transaction",
  compares: [{ key: "k", target: "value", operator: "<", value: Uint8Array.of(1) }],
  success: [
    { kind: "set", key: "a", value: Uint8Array.of(1), ttlMs: 10_000 },
    { kind: "deleteRange", range: RANGE },
  ],
  failure: [
    { kind: "get", key: "k" },
    { kind: "scan", range: RANGE, limit: 5 },
  ],
};
const SET = { kind: "set" as const, key: "k", value: Uint8Array.of(1, 2) };

export const target = defineTarget<DecodedEntry>({
  name: "state-machine/decoded-entry",
  decodes: "a command of the log, when it is about to be applied",
  covers: ["decodeEntries"],
  frameBytesMax: LOG_COMMAND_BYTES_MAX,
  seeds: () => [
    encodeLogCommand({ logTimeMs: 1, action: SET }),
    encodeLogCommand({ logTimeMs: 300, session: SESSION, action: SET }),
    encodeLogCommand({ logTimeMs: 2 ** 40, session: SESSION, action: { kind: "closeSession" } }),
    encodeLogCommand({ logTimeMs: 300, session: SESSION, action: TRANSACTION }),
    encodeLogCommand({ logTimeMs: 300, action: { ...SET, leaseId: 7 } }),
    encodeLogCommand({ logTimeMs: 300, action: { kind: "leaseGrant", ttlMs: 10_000, leaseId: 2 ** 40 } }),
    encodeLogCommand({ logTimeMs: 300, action: { kind: "expireLeases", leaseIds: [1, 300] } }),
  ],
  decode: (command) => {
    const outcome = decodeEntries([{ term: 1, index: 1, payload: { kind: "command", command } }]);
    const [entry] = outcome.kind === "decoded" ? outcome.entries : [];
    return entry === undefined ? { kind: "refused" } : { kind: "value", value: entry };
  },
  check: ({ payload }) => {
    if (payload.kind === "command" && !Number.isSafeInteger(payload.digest)) throw new Error("a digest no row holds");
  },
  canaries: [
    {
      name: "a command that cannot be read stops the process",
      file: "packages/state-machine/src/decoded-entry.ts",
      find: "if (!(cause instanceof DecodeError)) throw cause;",
      replace: "throw cause;",
    },
    {
      name: "a digest that no row holds",
      file: "packages/state-machine/src/session.ts",
      find: "(actionBytes.byteLength % LENGTH_RANGE) * CRC32_RANGE",
      replace: "actionBytes.byteLength * LENGTH_RANGE * CRC32_RANGE",
    },
  ],
});
