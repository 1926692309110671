/** As much of `aspen-node` as its parent sees. Its data directory says how it behaves. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    "data-dir": { type: "string" },
    "node-id": { type: "string" },
    listen: { type: "string" },
    "secret-file": { type: "string" },
    "exit-with-parent": { type: "boolean" },
  },
});
const directory = values["data-dir"] ?? "";
const record = { nodeId: values["node-id"], peerId: "p", clusterId: "c", addresses: [values.listen], pid: process.pid };
process.on("SIGTERM", () => {
  if (!existsSync(join(directory, "ignores-sigterm"))) process.exit();
});
process.stdin.on("end", () => process.exit());
process.stdin.resume();
console.log(
  `environment: ${Object.keys(process.env)
    .filter((name) => name.startsWith("ASPEN_"))
    .join()}`,
);
writeFileSync(join(directory, "node.json"), JSON.stringify(record));
