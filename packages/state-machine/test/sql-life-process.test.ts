import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { KeyValueStateMachine, SqlReadResult } from "@aspenjs/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LogScript } from "../src/testing/index.ts";
import { openMachine } from "./sqlite-subject.ts";

const ENDLESS = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t";
const ORPHAN = fileURLToPath(new URL("programs/sql-orphan-child.ts", import.meta.url));

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "aspen-sql-life-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function query(machine: KeyValueStateMachine, sql: string, deadlineMs = 20_000): Promise<SqlReadResult> {
  if (machine.sql === undefined) throw new Error("this machine has SQL");
  const { index } = machine.appliedState.lastApplied;
  return machine.sql.read({ sql, parameters: [], keyPrefixes: [], appliedIndexMin: index, deadlineMs });
}

async function carrySnapshot(from: KeyValueStateMachine, to: KeyValueStateMachine): Promise<void> {
  const taken = await from.takeSnapshot();
  if (taken.kind === "fault") throw new Error(taken.fault.message);
  const source = await from.openSnapshot();
  if (source === undefined) throw new Error("a snapshot was taken");
  const sink = await to.receiveSnapshot(taken.meta);
  const chunk = await source.read(0, taken.meta.byteLength);
  if (chunk.kind === "fault") throw new Error(chunk.fault.message);
  await sink.write(chunk.bytes);
  expect(await sink.install()).toEqual({ kind: "installed" });
  await sink.close();
  await source.close();
}

test("S2: a state that is replaced is not held up by a query without end, and the next query reads the new one", async () => {
  const from = await openMachine({ directory: join(directory, "from") });
  const to = await openMachine({ directory: join(directory, "to") });
  const log = new LogScript();
  const first = log.set("a", "1");
  await from.apply([first]);
  await to.apply([first]);
  expect((await query(to, "SELECT value_text FROM kv")).rows).toEqual([["1"]]);
  await from.apply([log.set("a", "2"), log.set("b", "3")]);
  const runaway = query(to, ENDLESS).catch((error: unknown) => error);
  const startMs = performance.now();
  await carrySnapshot(from, to);
  expect(performance.now() - startMs).toBeLessThan(4_000);
  expect(await runaway).toMatchObject({ code: "unavailable", retryable: true });
  const result = await query(to, "SELECT value_text FROM kv ORDER BY key");
  expect(result).toMatchObject({ rows: [["2"], ["3"]], appliedIndex: 3, revision: 3 });
  await from.close();
  await to.close();
});

test("each query sees everything that was applied before it was asked, and rows and position of one moment", async () => {
  const machine = await openMachine({ directory, checkpointAfterBytes: 200_000 });
  const log = new LogScript();
  for (let round = 1; round <= 40; round += 1) {
    await machine.apply([log.set(`k${round}`, "x".repeat(10_000)), log.set("last", String(round))]);
    const asked = query(
      machine,
      "SELECT count(*), (SELECT value_text FROM kv WHERE key = 'last'), (SELECT value_text FROM kv WHERE key = 'noise') " +
        "FROM kv WHERE key LIKE 'k%'",
    );
    // Beside what is applied meanwhile.
    await machine.apply([log.set("noise", String(round))]);
    const { rows, revision, appliedIndex } = await asked;
    const isNoiseSeen = revision === 3 * round;
    const noise = isNoiseSeen ? round : round - 1;
    expect(rows).toEqual([[round, String(round), noise === 0 ? null : String(noise)]]);
    expect(revision).toBe(isNoiseSeen ? 3 * round : 3 * round - 1);
    expect(appliedIndex).toBe(revision);
  }
  await machine.close();
  await expect(query(machine, "SELECT 1")).rejects.toMatchObject({ code: "shutting_down" });
});

test.runIf(existsSync("/proc/self/task"))("no process of queries outlives the one that started it", async () => {
  const owner = spawn(process.execPath, ["--conditions=@aspenjs/source", ORPHAN, directory]);
  const pids = await new Promise<string>((resolve) => {
    owner.stdout.once("data", (line: Buffer) => resolve(line.toString().trim()));
  });
  expect(pids).toMatch(/^\d+$/);
  expect(existsSync(`/proc/${pids}`)).toBe(true);
  owner.kill("SIGKILL");
  await expect.poll(() => existsSync(`/proc/${pids}`), { timeout: 5_000 }).toBe(false);
});

test("a machine on the calling thread has no SQL", async () => {
  const machine = await openMachine({ directory, maintenance: "inline" });
  expect(machine.sql).toBeUndefined();
  await machine.close();
});
