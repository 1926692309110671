/**
 * Runs on a file system that is nearly full: applies until the disk is, then says what happened as one line of JSON.
 */
import { join } from "node:path";
import { openSqliteStateMachine } from "../../src/sqlite/index.ts";
import { LogScript } from "../../src/testing/index.ts";

const [root = "", phase = "fill"] = process.argv.slice(2);
const opened = await openSqliteStateMachine({ directory: join(root, "state"), maintenance: "inline" });
if (opened.kind === "fault") throw new Error(opened.fault.message);
const { machine } = opened;
const log = new LogScript();
const value = new Uint8Array(50_000).fill(1);
const faults: string[] = [];

if (phase === "fill") {
  while (faults.length === 0) {
    const entries = [0, 1, 2].map(() => log.write({ kind: "set", key: `k${log.nextIndex % 40}`, value }));
    const outcome = await machine.apply(entries);
    if (outcome.kind === "fault") faults.push(outcome.fault.code);
  }
  const { lastApplied } = machine.appliedState;
  const again = await machine.apply([]);
  faults.push(again.kind === "fault" ? again.fault.code : again.kind);
  console.log(JSON.stringify({ faults, index: lastApplied.index, revision: machine.revision }));
} else {
  const { lastApplied } = machine.appliedState;
  const known = machine.scan({
    range: { kind: "prefix", prefix: "" },
    limit: 100,
    reverse: false,
    keysOnly: false,
    after: undefined,
  }).count;
  console.log(JSON.stringify({ index: lastApplied.index, revision: machine.revision, known }));
}
// As if the process died: nothing is closed in order.
process.exit(0);
