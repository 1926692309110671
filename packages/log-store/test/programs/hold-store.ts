/** Usage: hold-store DIRECTORY. Opens the store, says so, and keeps it open until standard input ends. */
import { writeSync } from "node:fs";
import { openLmdbLogStore } from "../../src/lmdb/index.ts";

const [directory = ""] = process.argv.slice(2);
const opened = await openLmdbLogStore({ directory, storeId: "node-1" });
writeSync(1, `${opened.kind === "opened" ? "opened" : opened.fault.message}\n`);
for await (const chunk of process.stdin) void chunk;
if (opened.kind === "opened") await opened.store.close();
