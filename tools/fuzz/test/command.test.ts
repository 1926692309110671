import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

function start(...words: readonly string[]) {
  const child = spawn(process.execPath, ["--conditions=@aspenjs/source", MAIN, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const collect = (chunk: string): void => void (output += chunk);
  child.stdout.setEncoding("utf8").on("data", collect);
  child.stderr.setEncoding("utf8").on("data", collect);
  const ended = once(child, "close").then(([exitCode]: unknown[]) => ({ exitCode, output }));
  return { child, ended };
}

test("--list names the targets and what they decode", async () => {
  const { exitCode, output } = await start("--list").ended;
  expect(exitCode).toBe(0);
  expect(output).toMatch(/^raft\/message +\d+ +what nodes say to each other in consensus$/m);
});

test.each([["raft/nothing"], []])("a name that no target has is a mistake of the caller (%s)", async (...names) => {
  const { exitCode, output } = await start(...names).ended;
  expect(exitCode).toBe(2);
  expect(output).toContain("--list shows them");
});

test("a search is bounded, prints its seed, and says what it did", async () => {
  const { exitCode, output } = await start("protocol/hex", "--seconds", "1", "--seed", "5").ended;
  expect(exitCode).toBe(0);
  expect(output).toMatch(/^protocol\/hex +\d+ +\d+ +\d+ +\d+ +\d+ +0$/m);
  expect(output).toContain("seed 5");
});

test("an interrupt ends it with a summary", async () => {
  const { child, ended } = start("protocol/hex", "--seconds", "600", "--seed", "5");
  child.stdout.once("data", () => child.kill("SIGINT"));
  const { exitCode, output } = await ended;
  expect(exitCode).toBe(0);
  expect(output).toMatch(/^protocol\/hex +\d/m);
  expect(output).toContain("stopped early");
});
