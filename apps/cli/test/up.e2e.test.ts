import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AspenProcess, isProcessAlive, processesNaming, runAspen, type ProgramEnd } from "./programs.ts";

/** Bounds for what hangs; a busy machine takes a good part of a minute for any of it. */
const TEST_MS = 360_000;
const UP_MS = 350_000;
const COMMAND_MS = 90_000;
const END_MS = 60_000;
let workingDirectory: string;
let up: AspenProcess | undefined;

vi.setConfig({ testTimeout: TEST_MS });

beforeEach(async () => {
  workingDirectory = await mkdtemp(join(tmpdir(), "aspen-e2e-"));
});

afterEach(async () => {
  if (up?.child.exitCode === null && up.child.signalCode === null) up.signal("SIGKILL");
  await up?.ended;
  up = undefined;
  // A node that outlived its parent may still be writing.
  await vi.waitUntil(() => processesNaming(workingDirectory).length === 0, { timeout: END_MS, interval: 50 });
  await rm(workingDirectory, { recursive: true });
}, 2 * END_MS);

function aspen(...words: string[]): Promise<ProgramEnd> {
  return runAspen(words, { workingDirectory, timeoutMs: COMMAND_MS });
}

async function start(...words: string[]): Promise<readonly number[]> {
  const base = 20_000 + Math.floor(Math.random() * 10_000);
  const isFirst = up === undefined;
  const port = isFirst ? ["--port", String(base)] : [];
  up = new AspenProcess(["up", ...port, ...words], { workingDirectory, timeoutMs: UP_MS });
  await up.saying(/^ready;/m);
  return Promise.all(["1", "2", "3"].map(pidOf));
}

async function pidOf(nodeId: string): Promise<number> {
  const text = await readFile(join(workingDirectory, ".aspen", nodeId, "node.json"), "utf8");
  return (JSON.parse(text) as { readonly pid: number }).pid;
}

async function stop(signal: NodeJS.Signals): Promise<ProgramEnd | undefined> {
  up?.signal(signal);
  return up?.ended;
}

test("a cluster in the foreground: other processes use it, a dead node comes back, SIGINT leaves nobody, data stay", async () => {
  const pids = await start();
  expect(await aspen("kv", "put", "greeting", "hello")).toMatchObject({ exitCode: 0 });
  expect(await aspen("kv", "get", "greeting", "-o", "raw")).toMatchObject({ exitCode: 0, output: "hello" });
  expect(await aspen("kv", "get", "nothing")).toMatchObject({ exitCode: 3 });

  process.kill(pids[1] ?? 0, "SIGKILL");
  await up?.saying(/^node 2 was ended by SIGKILL; it is started again in 250 ms$/m);
  await up?.saying(/(^node 2 listens[^]*){2}/m);

  const end = await stop("SIGINT");
  expect(end).toMatchObject({ exitCode: 0, errors: "" });
  expect(end?.output).toMatch(/all nodes are stopped\n$/);
  // Escapes would mean that somebody draws on what is no terminal.
  expect(end?.output).not.toContain("\u001b");
  expect(processesNaming(workingDirectory)).toEqual([]);
  expect(await aspen("kv", "get", "greeting", "--deadline", "1s")).toMatchObject({ exitCode: 4 });

  await start();
  expect(await aspen("kv", "get", "greeting", "-o", "raw")).toMatchObject({ exitCode: 0, output: "hello" });
  expect(await aspen("cluster", "status", "-o", "raw")).toMatchObject({ exitCode: 0 });
  expect((await aspen("up")).exitCode).toBe(3);
  await stop("SIGTERM");
});

test("an import through processes is exported with the same bytes, by each node", async () => {
  const lines = Array.from({ length: 5_000 }, (_, position) => {
    const key = `user/${String(position).padStart(6, "0")}`;
    const value = createHash("sha256").update(key).digest();
    return JSON.stringify(
      position % 2 === 0 ? { key, value: value.toString("hex") } : { key, valueBase64: value.toString("base64") },
    );
  });
  const text = `${lines.join("\n")}\n`;
  await writeFile(join(workingDirectory, "in.jsonl"), text);
  await start();
  const imported = await aspen("kv", "import", "in.jsonl", "-o", "json");
  expect(imported, imported.errors).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(imported.output)).toMatchObject({ outcome: "complete", pairsWritten: 5_000 });
  const { output } = await aspen("cluster", "members", "-o", "json");
  const { members } = JSON.parse(output) as { readonly members: readonly { readonly addresses: readonly string[] }[] };
  for (const { addresses } of members) {
    const exported = await aspen("kv", "export", "--endpoint", addresses[0] ?? "");
    expect(exported.output === text, exported.errors).toBe(true);
  }

  const endless = new AspenProcess(["kv", "import", "-"], { workingDirectory, timeoutMs: UP_MS });
  endless.child.stdin?.write(text.replaceAll("user/", "more/").split("\n").slice(0, 1_000).join("\n") + "\n");
  const countOfMore = async () => (await aspen("kv", "scan", "more/", "--count", "-o", "raw")).output;
  await vi.waitUntil(async () => (await countOfMore()) === "1000\n", { timeout: COMMAND_MS, interval: 50 });
  endless.signal("SIGINT");
  expect(await endless.ended).toMatchObject({
    exitCode: 1,
    errors: "aspen: interrupted: every line of standard input up to 1000 is written\n",
  });
  await stop("SIGINT");
});

test("when aspen up itself is killed, its nodes notice and end", async () => {
  const pids = await start();
  await stop("SIGKILL");
  await expect.poll(() => pids.filter(isProcessAlive), { timeout: END_MS, interval: 50 }).toEqual([]);
});
