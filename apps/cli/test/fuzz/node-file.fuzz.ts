import { defineTarget, optional } from "@aspenjs/fuzz";
import { bytesOf, textOf } from "@aspenjs/fuzz/text-bytes";
import { limits } from "../../src/limits.ts";
import { parseNodeFile, type NodeFile } from "../../src/member-text.ts";

const FILE = { nodeId: "1", peerId: "p", clusterId: "c", addresses: ["/a"], pid: 5 };

export const target = defineTarget<NodeFile>({
  name: "cli/node-file",
  decodes: "what a node writes down when it listens",
  covers: ["parseNodeFile"],
  frameBytesMax: limits.nodeFileBytesMax,
  amplification: {
    times: 64,
    reason: "JSON is read whole before anything in it can be counted; the file is the user's own",
  },
  seeds: () => [bytesOf(JSON.stringify(FILE)), bytesOf("{}"), bytesOf('{"nodeId":'), bytesOf("[1]")],
  dictionary: ["null", "true", "[]", "{}", '"1"', "-", '"__proto__":', '"pid":'].map(bytesOf),
  decode: optional((bytes) => parseNodeFile(textOf(bytes))),
  encode: { form: "normal", write: (file) => bytesOf(JSON.stringify({ ...file, nodeId: String(file.nodeId) })) },
  check: ({ addresses, pid }) => {
    const isFile = typeof pid === "number" && addresses.every((address) => typeof address === "string");
    if (!isFile) throw new Error("no file");
  },
  canaries: [
    {
      name: "JSON that is no object",
      file: "apps/cli/src/member-text.ts",
      find: 'if (typeof value !== "object" || value === null) return undefined;',
      replace: 'if (typeof value !== "object") return undefined;',
    },
    {
      name: "a file that is being written",
      file: "apps/cli/src/member-text.ts",
      find: "    if (error instanceof SyntaxError) return undefined;\n",
      replace: "",
    },
  ],
});
