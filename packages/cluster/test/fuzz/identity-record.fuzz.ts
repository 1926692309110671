import { AspenError } from "@aspenjs/api";
import { defineTarget, throwing } from "@aspenjs/fuzz";
import { bytesOf, textOf } from "@aspenjs/fuzz/text-bytes";
import { formatIdentityRecord, parseIdentityRecord, type IdentityRecord } from "../../src/default/identity-record.ts";

const RECORD: IdentityRecord = {
  version: 1,
  nodeId: "7",
  clusterId: "c1",
  storeId: "00",
  privateKey: "CAE=",
  founding: null,
  isLogExpected: false,
};

export const target = defineTarget<IdentityRecord>({
  name: "cluster/identity-record",
  decodes: "the file in which a node keeps who it is",
  covers: ["parseIdentityRecord"],
  frameBytesMax: 65_536,
  amplification: {
    times: 64,
    reason: "JSON is read whole before anything in it can be counted; the file is the node's own",
  },
  seeds: () => [
    bytesOf(formatIdentityRecord(RECORD)),
    bytesOf(formatIdentityRecord({ ...RECORD, founding: "ab", isLogExpected: true })),
    bytesOf(JSON.stringify({ ...RECORD, version: 2 })),
    bytesOf("{}"),
  ],
  dictionary: ["null", "true", "[]", "{}", "1", '"1"', "-", '"__proto__":', "version"].map(bytesOf),
  decode: throwing((bytes) => parseIdentityRecord("identity.json", textOf(bytes)), AspenError),
  encode: { form: "normal", write: (record) => bytesOf(formatIdentityRecord(record)) },
  check: ({ nodeId }) => {
    if (!Number.isSafeInteger(Number(nodeId)) || Number(nodeId) < 1) throw new Error(`${nodeId} is no node id`);
  },
  canaries: [
    {
      name: "JSON that is no object",
      file: "packages/cluster/src/default/identity-record.ts",
      find: 'if (typeof value !== "object" || value === null) throw',
      replace: 'if (typeof value !== "object") throw',
    },
    {
      name: "a node id that is none",
      file: "packages/cluster/src/default/identity-record.ts",
      find: "    isNodeId(Number(nodeId)) &&\n",
      replace: "",
    },
  ],
});
