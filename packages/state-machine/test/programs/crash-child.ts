/**
 * A process that is made to be killed: applies the crash log from where its directory stands, in batches, with
 * checkpoints, flushes and snapshots in between; or installs the snapshot of another directory.
 *
 * Prints one line per step: `applied INDEX` once that much is committed, and `installing` before an installation.
 */
import { writeSync } from "node:fs";
import { openMachine } from "../sqlite-subject.ts";
import { crashLog, noise } from "../crash-log.ts";
import { installFrom } from "../../src/testing/applying.ts";

const [directory = "", mode = "", seedText = "0", donorDirectory = ""] = process.argv.slice(2);
const log = crashLog();
const machine = await openMachine({ directory, checkpointAfterBytes: 200_000 });
let seed = Number(seedText);

function say(line: string): void {
  // Synchronous: what was said is with the parent, whatever happens next.
  writeSync(1, `${line}\n`);
}

async function applyBatch(): Promise<void> {
  seed += 1;
  const from = machine.appliedState.lastApplied.index;
  const outcome = await machine.apply(log.slice(from, from + 1 + noise(seed, 40)));
  if (outcome.kind === "fault") throw new Error(outcome.fault.message);
  say(`applied ${machine.appliedState.lastApplied.index}`);
}

if (mode === "install") {
  for (let i = 0; i < 5; i += 1) await applyBatch();
  const donor = await openMachine({ directory: donorDirectory, maintenance: "inline" });
  say("installing");
  await installFrom(donor, machine);
  say(`applied ${machine.appliedState.lastApplied.index}`);
}
let background: Promise<unknown> = Promise.resolve();
// At the end of the log it still checkpoints and takes snapshots until it is killed.
for (let round = 0; ; round += 1) {
  await applyBatch();
  if (round % 30 === 5) background = background.then(() => machine.takeSnapshot());
  if (round % 20 === 10) await machine.flush();
  if (round % 50 === 0) await background;
}
