import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runLogStoreCrashes } from "../src/testing/index.ts";

const PROGRAM = fileURLToPath(new URL("./programs/crash-writer.ts", import.meta.url));
const KILL_COUNT = Number(process.env["ASPEN_LOG_KILLS"] ?? 220);
const SEED = Number(process.env["ASPEN_SEED"] ?? 20_261_122);

test("SIGKILL at any instant loses nothing acknowledged, and invents nothing", { timeout: 1_200_000 }, async () => {
  console.log(`crash suite: ASPEN_SEED=${SEED}, ${KILL_COUNT} kills`);
  const directory = await mkdtemp(join(tmpdir(), "aspen-log-crash-"));
  // Lives are short: compiled modules are kept between them. A killed process keeps nothing, so one must end well.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(directory, "compiled") };
  const writer = [...process.execArgv, PROGRAM];
  spawnSync(process.execPath, [...writer, join(directory, "nothing"), "0", "true"], { env });
  try {
    const report = await runLogStoreCrashes({
      seed: SEED,
      killCount: KILL_COUNT,
      startWriter: ({ seed, mustExist }) =>
        spawn(process.execPath, [...writer, join(directory, "log"), String(seed), String(mustExist)], { env }),
    });
    console.log(`crash suite: ${JSON.stringify(report)}`);
    expect(report.killCount - report.earlyKillCount).toBeGreaterThan(KILL_COUNT / 2);
    expect(report.acknowledgedCount).toBeGreaterThan(KILL_COUNT);
  } finally {
    await rm(directory, { recursive: true, maxRetries: 5 });
  }
});
