import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NODE_ROLES } from "@aspenjs/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { processesNaming, runAspen } from "./programs.ts";

/** What an unhurried machine does in ten seconds; a busy one may take its time. */
const ROUND_MS = 280_000;
let workingDirectory: string;

beforeEach(async () => {
  workingDirectory = await mkdtemp(join(tmpdir(), "aspen-e2e-"));
});

afterEach(async () => {
  await rm(workingDirectory, { recursive: true });
});

test("aspen up --once: the leader is killed half-way, and every node gives everything back", async () => {
  const run = await runAspen(["up", "--once", "-o", "json"], {
    workingDirectory,
    timeoutMs: ROUND_MS,
    // Everything that the round leaves behind would be in here.
    variables: { TMPDIR: workingDirectory },
  });
  expect(run, run.errors).toMatchObject({ exitCode: 0 });
  const result = JSON.parse(run.output) as {
    readonly keysWritten: number;
    readonly killedNode: string;
    readonly failoverGapMs: number;
    readonly nodes: readonly { readonly nodeId: string; readonly wasKilled: boolean; readonly role: string }[];
  };
  expect(result.keysWritten).toBeGreaterThan(2_000);
  expect(result.failoverGapMs).toBeGreaterThan(0);
  expect(result.nodes).toMatchObject(
    ["1", "2", "3"].map((nodeId) => ({ nodeId, keys: result.keysWritten, equal: true, differences: 0 })),
  );
  expect(result.nodes.filter(({ wasKilled }) => wasKilled).map(({ nodeId }) => nodeId)).toEqual([result.killedNode]);
  // They were asked one after the other: when leadership moves meanwhile, two of them say that they lead, or none.
  for (const { role } of result.nodes) expect(NODE_ROLES).toContain(role);
  expect(run.errors).toContain("killed with SIGKILL");
  expect(await readdir(workingDirectory)).toEqual([]);
  expect(processesNaming(workingDirectory)).toEqual([]);
}, 300_000);
