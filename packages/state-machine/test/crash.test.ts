import { spawn } from "node:child_process";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KeyValueStateMachine } from "@aspenjs/api";
import { createMemoryStateMachine } from "../src/memory/index.ts";
import { installFrom } from "../src/testing/applying.ts";
import { CRASH_LOG_LENGTH, crashLog } from "./crash-log.ts";
import { openMachine } from "./sqlite-subject.ts";

const APPLY_KILLS = 50;
const INSTALL_KILLS = 25;
/** Kills that share one directory, whose state goes on from kill to kill. */
const KILLS_PER_DIRECTORY = 10;
const APPLY_LIFE_MS_MAX = 60;
const CHILD = join(import.meta.dirname, "programs/crash-child.ts");
const log = crashLog();

interface Death {
  /** The last position that the child said it had committed. */
  readonly saidIndex: number;
  readonly wasInstalling: boolean;
}

/** Runs the child and kills it some time after it first says the word. */
function runAndKill(args: readonly string[], word: string, lifeMs: number): Promise<Death> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--conditions=@aspenjs/source", CHILD, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let saidIndex = 0;
    let lastLine = "";
    let complaint = "";
    let isDoomed = false;
    child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
    createInterface(child.stdout).on("line", (line) => {
      if (line.startsWith(word) && !isDoomed) {
        isDoomed = true;
        setTimeout(() => child.kill("SIGKILL"), lifeMs);
      }
      lastLine = line;
      if (line.startsWith("applied ")) saidIndex = Number(line.slice("applied ".length));
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (signal === "SIGKILL") resolve({ saidIndex, wasInstalling: lastLine === "installing" });
      else reject(new Error(`the child ended by itself with ${code}: ${complaint}`));
    });
  });
}

/** Replays the log as far as needed and compares. */
async function expectReplay(machine: KeyValueStateMachine, replay: KeyValueStateMachine): Promise<void> {
  const { index } = machine.appliedState.lastApplied;
  const from = replay.appliedState.lastApplied.index;
  expect(index).toBeGreaterThanOrEqual(from);
  expect((await replay.apply(log.slice(from, index))).kind).toBe("applied");
  expect(machine.appliedState).toEqual(replay.appliedState);
  expect(machine.revision).toBe(replay.revision);
  expect(await machine.checksum()).toBe(await replay.checksum());
}

describe("a process killed at any instant", () => {
  let root: string;
  let donor: KeyValueStateMachine;
  const donorIndex = CRASH_LOG_LENGTH / 2;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "aspen-crash-"));
    donor = await openMachine({ directory: join(root, "donor"), maintenance: "inline" });
    for (let from = 0; from < donorIndex; from += 1_000) await donor.apply(log.slice(from, from + 1_000));
    await donor.takeSnapshot();
    await donor.close();
  }, 240_000);

  afterAll(() => rm(root, { recursive: true }));

  test(`${APPLY_KILLS} times while it applies: the state is the replay of the log, and nothing said is lost`, async () => {
    let replay = createMemoryStateMachine();
    for (let kill = 0; kill < APPLY_KILLS; kill += 1) {
      const directory = join(root, `applying-${Math.floor(kill / KILLS_PER_DIRECTORY)}`);
      if (kill % KILLS_PER_DIRECTORY === 0) replay = createMemoryStateMachine();
      const lifeMs = Math.random() * APPLY_LIFE_MS_MAX;
      const { saidIndex } = await runAndKill([directory, "apply", String(kill * 1_000)], "applied", lifeMs);
      const machine = await openMachine({ directory, maintenance: "inline" });
      expect(machine.appliedState.lastApplied.index).toBeGreaterThanOrEqual(saidIndex);
      await expectReplay(machine, replay);
      const snapshot = machine.latestSnapshot;
      if (snapshot !== undefined && kill % 10 === 0) {
        const other = await openMachine({ directory: join(root, `installed-${kill}`), maintenance: "inline" });
        await installFrom(machine, other);
        await expectReplay(other, createMemoryStateMachine());
        await other.close();
      }
      await machine.close();
      expect((await readdir(directory)).toSorted()).toEqual(["snapshots", "state.sqlite"]);
    }
  }, 900_000);

  test(`${INSTALL_KILLS} times while it installs a snapshot: the old state is there whole, or the new one`, async () => {
    const seen = { old: 0, installed: 0 };
    // Follows the time that an installation takes here, so that many kills fall close to its end.
    let lifeMs = 300;
    for (let kill = 0; kill < INSTALL_KILLS; kill += 1) {
      const directory = join(root, `installing-${kill}`);
      const donorDirectory = join(root, `donor-${kill}`);
      await cp(join(root, "donor"), donorDirectory, { recursive: true });
      await runAndKill([directory, "install", String(kill), donorDirectory], "installing", lifeMs);
      const machine = await openMachine({ directory, maintenance: "inline" });
      const { index } = machine.appliedState.lastApplied;
      if (index < donorIndex) seen.old += 1;
      else seen.installed += 1;
      lifeMs *= (index < donorIndex ? 1.4 : 0.7) * (0.9 + Math.random() * 0.2);
      await expectReplay(machine, createMemoryStateMachine());
      await machine.close();
      await rm(directory, { recursive: true });
      await rm(donorDirectory, { recursive: true });
    }
    process.stderr.write(`killed while installing: ${seen.old} old states, ${seen.installed} new ones\n`);
    expect(Math.min(seen.old, seen.installed)).toBeGreaterThan(0);
  }, 900_000);
});
