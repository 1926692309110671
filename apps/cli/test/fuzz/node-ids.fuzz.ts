import { defineTarget, throwing } from "@aspenjs/fuzz";
import { bytesOf, textOf } from "@aspenjs/fuzz/text-bytes";
import fc from "fast-check";
import { nodeIdText, parseNodeIds } from "../../src/node-id-text.ts";
import { UsageError } from "../../src/usage-error.ts";

const nodeId = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

export const target = defineTarget<readonly number[]>({
  name: "cli/node-ids",
  decodes: "node ids on the command line",
  covers: ["parseNodeIds"],
  frameBytesMax: 4_096,
  amplification: { times: 16, reason: "a list of one-digit ids becomes an array of numbers, by the user's own hand" },
  seeds: () => ["1", "1,2,3", " 7 ,9007199254740991", "007"].map(bytesOf),
  dictionary: [",", "9007199254740992", "1e3", "0x10", "-1", "٣"].map(bytesOf),
  values: fc.array(nodeId, { minLength: 1, maxLength: 4 }),
  decode: throwing((bytes) => parseNodeIds(textOf(bytes)), UsageError),
  encode: { form: "normal", write: (nodeIds) => bytesOf(nodeIds.map(nodeIdText).join(",")) },
  check: (nodeIds) => {
    for (const id of nodeIds) if (!Number.isSafeInteger(id) || id < 1) throw new Error(`${id} is no node id`);
  },
  canaries: [
    {
      name: "ids that no number holds",
      file: "apps/cli/src/node-id-text.ts",
      find: "if (/^\\d+$/.test(text) && isNodeId(nodeId)) return nodeId;",
      replace: "if (/^\\d+$/.test(text)) return nodeId;",
    },
    {
      name: "whatever a number can be read from",
      file: "apps/cli/src/node-id-text.ts",
      find: "if (/^\\d+$/.test(text) && isNodeId(nodeId)) return nodeId;",
      replace: "if (text !== '') return nodeId;",
    },
  ],
});
