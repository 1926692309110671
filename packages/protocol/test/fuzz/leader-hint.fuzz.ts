import { AspenError, ERROR_CODES, type ErrorDetails } from "@aspenjs/api";
import { defineTarget } from "@aspenjs/fuzz";
import { ByteSource } from "@aspenjs/fuzz/byte-source";
import { leaderHintOf } from "../../src/index.ts";

const LEADER = [...Buffer.from("leader")];

/** An error as the wire may bring it: any code, any details. */
function errorOf(bytes: Uint8Array): AspenError {
  const source = new ByteSource(bytes);
  const code = ERROR_CODES[source.byte() % ERROR_CODES.length] ?? "internal";
  const details: ErrorDetails = Object.fromEntries(
    source.list((items) => [
      items.text(),
      items.pick<() => string | number | boolean>([() => items.number(), () => items.text(), () => items.isSet()])(),
    ]),
  );
  return new AspenError(code, "", { details });
}

export const target = defineTarget<number>({
  name: "protocol/leader-hint",
  decodes: "where a refusal of a node that does not lead points",
  covers: [],
  frameBytesMax: 16_384,
  seeds: () => [
    Uint8Array.of(ERROR_CODES.indexOf("not_leader"), 1, LEADER.length, ...LEADER, 0, 3),
    Uint8Array.of(ERROR_CODES.indexOf("not_leader"), 1, LEADER.length, ...LEADER, 1, 1, 0x33),
  ],
  dictionary: [Uint8Array.of(LEADER.length, ...LEADER)],
  decode: (bytes) => {
    const hint = leaderHintOf(errorOf(bytes));
    return hint === undefined ? { kind: "refused" } : { kind: "value", value: hint };
  },
  check: (nodeId) => {
    if (!Number.isSafeInteger(nodeId) || nodeId < 1) throw new Error(`${nodeId} names no node`);
  },
  canaries: [
    {
      name: "a hint that names no node",
      file: "packages/protocol/src/leader-hint.ts",
      find: 'typeof leader === "number" && isNodeId(leader) ? leader',
      replace: 'typeof leader === "number" ? leader',
    },
  ],
});
