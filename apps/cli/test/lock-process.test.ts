import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";

const ROUNDS = 5;
const RIVALS = 6;
const GONE_PID = 2 ** 22 + 1;
const SOURCE = fileURLToPath(new URL("../src/local-cluster/up-lock.ts", import.meta.url));

/** Takes the lock when told so, says how that went, and keeps it until it is told to end. */
const RIVAL = `
  import { takeUpLock } from ${JSON.stringify(SOURCE)};
  process.stdin.once("data", async () => {
    process.stdin.once("data", () => process.exit());
    console.log(await takeUpLock(process.argv[1]).then(() => "locked", (error) => error.code));
  });
  console.error("ready");
`;

test("of many that start one cluster at once, one does, also when a lock was left behind", async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const root = await mkdtemp(join(tmpdir(), "aspen-lock-"));
    await writeFile(join(root, "up.lock.1"), `${GONE_PID}\n`);
    const rivals = Array.from({ length: RIVALS }, () =>
      spawn(process.execPath, [...process.execArgv, "--input-type=module", "-e", RIVAL, root]),
    );
    await Promise.all(rivals.map((rival) => once(rival.stderr, "data")));
    for (const rival of rivals) rival.stdin.write("now");
    const answers = await Promise.all(
      rivals.map(async (rival) => {
        const [line] = (await once(rival.stdout, "data")) as [Buffer];
        return String(line).trim();
      }),
    );
    for (const rival of rivals) rival.stdin.write("end");
    await Promise.all(rivals.map((rival) => text(rival.stdout)));
    expect(answers.toSorted()).toEqual([...Array.from({ length: RIVALS - 1 }, () => "conflict"), "locked"]);
    await rm(root, { recursive: true });
  }
}, 120_000);
