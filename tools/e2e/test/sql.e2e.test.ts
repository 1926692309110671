/** Queries in SQL against nodes that are processes, and the processes that those start. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { AspenClient } from "@aspenjs/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ProcessCluster } from "../src/process-cluster.ts";

const MAIN = fileURLToPath(new URL("../../../apps/cli/src/main.ts", import.meta.url));
const ENDLESS = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t";

let cluster: ProcessCluster;
let client: AspenClient;

beforeAll(async () => {
  cluster = await ProcessCluster.form(3);
  client = await cluster.connect({ deadlineMs: 60_000 });
}, 180_000);

afterAll(async () => {
  await cluster.close();
}, 60_000);

async function set(key: string, value: string): Promise<void> {
  await client.store.write({ kind: "set", key, value: new TextEncoder().encode(value) });
}

async function aspen(words: readonly string[], input = "", ticket = cluster.ticket()) {
  const child = spawn(process.execPath, ["--conditions=@aspenjs/source", MAIN, ...words], {
    env: { ...process.env, ASPEN_TICKET: ticket },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const text = { output: "", errors: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text.output += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text.errors += chunk));
  child.stdin.end(input);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { exitCode, ...text };
}

test("a query sees every write that was acknowledged before it, whichever node answers", async () => {
  for (let round = 1; round <= 20; round += 1) {
    await set(`a/${round}`, String(round));
    const result = await client.sql.query(
      { sql: "SELECT count(*), max(mod_revision), ? FROM kv WHERE key LIKE 'a/%'", parameters: [true] },
      { deadlineMs: 30_000 },
    );
    expect(result).toMatchObject({ rows: [[round, result.revision, 1]], consistency: "linearizable" });
  }
  const stale = await client.sql.query({ sql: "SELECT 1.5", consistency: "stale" }, { deadlineMs: 30_000 });
  expect(stale).toMatchObject({ columns: ["1.5"], rows: [[1.5]], consistency: "stale" });
}, 120_000);

test("a query without end is interrupted at its time, and writes go on meanwhile", async () => {
  const startMs = performance.now();
  const runaways = [0, 1, 2].map(() =>
    client.sql.query({ sql: ENDLESS }, { deadlineMs: 3_000 }).catch((error: unknown) => error),
  );
  let isOver = false;
  const ended = Promise.all(runaways).finally(() => (isOver = true));
  let writes = 0;
  while (!isOver) {
    await set("meanwhile", String(writes));
    writes += 1;
  }
  for (const error of await ended) expect(error).toMatchObject({ code: "timeout" });
  expect(performance.now() - startMs).toBeLessThan(10_000);
  expect(writes).toBeGreaterThan(20);
  const after = await client.sql.query({ sql: "SELECT 1" }, { deadlineMs: 30_000 });
  expect(after.rows).toEqual([[1]]);
}, 120_000);

test("a ticket with key prefixes sees its own keys alone", async () => {
  await set("b/secret", "hidden");
  const ticket = await client.issueTicket({ access: "read", keyPrefixes: ["a/"], deadlineMs: 30_000 });
  const words = ["sql", "SELECT count(*) FROM kv", "-o", "raw", "--timeout", "30s"];
  expect(await aspen(words, "", ticket)).toMatchObject({ exitCode: 0, output: "20", errors: "" });
  const named = ["sql", "SELECT value_text FROM kv WHERE key = ?", "b/secret", "-o", "jsonl", "--timeout", "30s"];
  expect(await aspen(named, "", ticket)).toMatchObject({ exitCode: 0, output: "" });
  expect(await aspen(named)).toMatchObject({ exitCode: 0, output: '{"value_text":"hidden"}\n' });
}, 120_000);

test("the command says what is wrong, and ends as others do", async () => {
  expect(await aspen(["sql", "SELECT * FROM entries"])).toMatchObject({
    exitCode: 2,
    errors: expect.stringContaining("no such table: entries"),
  });
  expect(await aspen(["sql", ENDLESS, "--timeout", "2s"])).toMatchObject({
    exitCode: 4,
    errors: expect.stringMatching(/^aspen: timeout: /),
  });
  const piped = await aspen(["sql", "-o", "raw", "--timeout", "30s"], "SELECT 'a;';\nSELECT\n2;\n");
  expect(piped).toMatchObject({ exitCode: 0, output: "a;2" });
}, 120_000);
