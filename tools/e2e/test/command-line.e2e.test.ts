/** `aspen` as a process against nodes that are processes: what no store in memory can show. */
import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { ProcessCluster } from "../src/process-cluster.ts";

const MAIN = fileURLToPath(new URL("../../../apps/cli/src/main.ts", import.meta.url));
const WAIT = { timeout: 60_000, interval: 100 };

/** The command on its way: what it has printed so far, and how it ends. */
interface Run {
  readonly child: ChildProcess;
  readonly text: { output: string; errors: string };
  readonly exitCode: Promise<number | null>;
}

let cluster: ProcessCluster | undefined;
const running = new Set<ChildProcess>();

afterEach(async () => {
  for (const child of running) child.kill("SIGKILL");
  await cluster?.close();
  cluster = undefined;
});

function aspen(words: readonly string[], input = ""): Run {
  const child = spawn(process.execPath, ["--conditions=@aspenjs/source", MAIN, ...words, "--deadline", "30s"], {
    env: { ...process.env, ASPEN_TICKET: cluster?.ticket() ?? "" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const text = { output: "", errors: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text.output += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text.errors += chunk));
  child.stdin.end(input);
  running.add(child);
  const exitCode = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  return { child, text, exitCode };
}

async function ended(words: readonly string[], input?: string) {
  const { exitCode, text } = aspen(words, input);
  return { exitCode: await exitCode, ...text };
}

test("a lease that the command line keeps alive outlives the leader, and ends after the command", async () => {
  cluster = await ProcessCluster.form(3);
  const client = await cluster.connect({ deadlineMs: 60_000 });
  const id = (await ended(["lease", "grant", "12s", "-o", "raw"])).output.trim();
  expect((await ended(["kv", "put", "member/7", "here", "--lease", id])).exitCode).toBe(0);
  const keeper = aspen(["lease", "keep-alive", id]);
  const renewals = () => keeper.text.output.split("\n").length - 1;
  await vi.waitFor(() => expect(renewals()).toBeGreaterThan(0), WAIT);
  await (await cluster.leader(client)).kill();
  const before = renewals();
  // So many thirds are longer than the lease would have lived on its own. Starting a command takes seconds at times.
  await vi.waitFor(() => expect(renewals()).toBeGreaterThan(before + 4), WAIT);
  expect(await ended(["kv", "get", "member/7", "-o", "raw"])).toMatchObject({ exitCode: 0, output: "here" });

  keeper.child.kill("SIGINT");
  expect(await keeper.exitCode).toBe(0);
  await vi.waitFor(async () => expect((await ended(["kv", "get", "member/7"])).exitCode).toBe(3), WAIT);
  expect(await ended(["lease", "keep-alive", id])).toMatchObject({ exitCode: 3, output: "" });
}, 300_000);

test("of many transactions that take the same key one succeeds, and the others see whose it is", async () => {
  cluster = await ProcessCluster.form(3);
  const names = ["a", "b", "c", "d"];
  const runs = await Promise.all(
    names.map((name) => ended(["kv", "txn"], `version("job") = "0"\n\nput job ${name}\n\nget job\n`)),
  );
  const winner = names[runs.findIndex(({ exitCode }) => exitCode === 0)];
  expect(runs.filter(({ exitCode }) => exitCode === 0)).toHaveLength(1);
  expect(runs.filter(({ exitCode }) => exitCode === 3)).toHaveLength(3);
  for (const { exitCode, output } of runs) {
    expect(output).toBe(exitCode === 0 ? "SUCCESS\n\nOK\n" : `FAILURE\n\njob\n${winner}\n`);
  }
}, 300_000);

test("a range that is too large for one command is refused whole, and deleted in parts", async () => {
  cluster = await ProcessCluster.form(1);
  const lines = Array.from({ length: 10_500 }, (_, position) => `{"key":"log/${position}","value":"v"}\n`);
  expect((await ended(["kv", "import", "-"], lines.join(""))).exitCode).toBe(0);
  expect((await ended(["kv", "put", "other", "stays"])).exitCode).toBe(0);
  const refused = await ended(["kv", "del", "--prefix", "log/"]);
  expect(refused).toMatchObject({ exitCode: 1, output: "" });
  expect(refused.errors).toContain("--in-parts deletes them part by part");
  expect((await ended(["kv", "scan", "--count", "-o", "raw"])).output).toBe("10501\n");
  expect((await ended(["kv", "del", "--prefix", "log/", "--in-parts", "-o", "raw"])).output).toBe("10500\n");
  expect((await ended(["kv", "scan", "--keys-only", "-o", "raw"])).output).toBe("other\n");
}, 300_000);
