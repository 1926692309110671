/**
 * Usage: append-batches DIRECTORY COUNT. Appends batches of two entries one after the other, and says on standard
 * output what became of each, at once. Goes on after a fault, as a careless caller would.
 */
import { writeSync } from "node:fs";
import { openLmdbLogStore } from "../../src/lmdb/index.ts";
import { commandEntries } from "../../src/testing/sample-entries.ts";

const [directory = "", count = ""] = process.argv.slice(2);

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

const opened = await openLmdbLogStore({ directory, storeId: "node-1" });
if (opened.kind === "fault") {
  say(`refused ${opened.fault.code} ${opened.fault.message}`);
} else {
  const { store } = opened;
  say("opened");
  for (let batch = 1; batch <= Number(count); batch += 1) {
    const first = store.state.last.index + 1;
    const outcome = await store.append({ entries: commandEntries(1, first, first + 1), committed: first });
    say(outcome.kind === "done" ? `done ${first + 1}` : `fault ${outcome.fault.code}`);
  }
  const read = store.read(1, store.state.last.index + 1, 1_000_000);
  say(`read ${read.kind === "entries" ? read.entries.length : read.kind}`);
  await store.close();
}
