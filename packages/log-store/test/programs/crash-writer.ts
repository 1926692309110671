/** Usage: crash-writer DIRECTORY SEED MUST_EXIST. Writes until it is killed. */
import { writeSync } from "node:fs";
import { openLmdbLogStore } from "../../src/lmdb/index.ts";
import { formatMessage } from "../../src/testing/crash-protocol.ts";
import { runCrashWriter } from "../../src/testing/crash-writer.ts";

const [directory = "", seed = "", mustExist = ""] = process.argv.slice(2);
const STANDARD_OUTPUT = 1;

await runCrashWriter({
  seed: Number(seed),
  open: () => openLmdbLogStore({ directory, storeId: "crash", mustExist: mustExist === "true" }),
  say: (message) => void writeSync(STANDARD_OUTPUT, `${formatMessage(message)}\n`),
});
