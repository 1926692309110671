import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { canaryLaunch, plant, type Canary } from "../src/canary.ts";

const canary: Canary = {
  name: "greeting",
  file: "tools/canary/test/programs/greeting.ts",
  find: 'return "hello"',
  replace: 'return "goodbye"',
};

function run(planted: Canary | undefined): string {
  const { execArgv, env } = planted === undefined ? { execArgv: [], env: {} } : canaryLaunch(planted);
  const program = fileURLToPath(new URL("programs/say-greeting.ts", import.meta.url));
  return execFileSync(process.execPath, [...execArgv, program], {
    env: { ...process.env, ...env },
    encoding: "utf8",
    stdio: "pipe",
  }).trim();
}

test("a process loads the bug, and only where it is planted", () => {
  expect(run(undefined)).toBe("hello");
  expect(run(canary)).toBe("goodbye");
});

test("a canary that does not fit the source ends the process", () => {
  expect(() => run({ ...canary, find: "return 'nothing like it'" })).toThrow(/occurs 0 times/);
  expect(() => plant({ ...canary, find: "a" }, "aa")).toThrow(/occurs 2 times/);
  expect(() => plant({ ...canary, replace: canary.find }, `{ ${canary.find}; }`)).toThrow(/changes nothing/);
});
