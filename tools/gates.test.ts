/**
 * The gates must be able to fail: each rule that the house relies on is broken once, in a small workspace that uses the
 * configuration of this one, and the tool must name the rule.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCommand } from "./run-command.ts";
import { ROOT_DIRECTORY } from "./workspace.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aspen-gates-"));
  for (const name of [".oxlintrc.json", ".dependency-cruiser.mjs", "tsconfig.base.json"]) {
    cpSync(join(ROOT_DIRECTORY, name), join(root, name));
  }
  write("package.json", JSON.stringify({ name: "gates", private: true, type: "module" }));
  for (const name of ["api", "codec", "log-store", "raft"]) writePackage(name);
  for (const name of ["lmdb", "fast-check"]) writeDriver(name);
  symlinkSync(join(ROOT_DIRECTORY, "node_modules/@types"), join(root, "node_modules/@types"));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function writePackage(name: string): void {
  const folder = `packages/${name}`;
  const exports = { ".": { "@aspenjs/source": "./src/index.ts", default: "./dist/index.js" } };
  const dependencies = { "@aspenjs/api": "workspace:^", "@aspenjs/codec": "workspace:^", lmdb: "1.0.0" };
  write(`${folder}/package.json`, JSON.stringify({ name: `@aspenjs/${name}`, type: "module", exports, dependencies }));
  write(`${folder}/tsconfig.json`, JSON.stringify({ extends: "../../tsconfig.base.json", include: ["src"] }));
  write(`${folder}/src/index.ts`, 'export { noun } from "./noun.ts";\n');
  write(`${folder}/src/noun.ts`, `export const noun = "${name}";\n`);
  mkdirSync(join(root, "node_modules/@aspenjs"), { recursive: true });
  symlinkSync(join(root, folder), join(root, "node_modules/@aspenjs", name));
}

function writeDriver(name: string): void {
  write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: "1.0.0", main: "index.js" }));
  write(`node_modules/${name}/index.js`, "exports.open = () => {};\n");
}

async function layerReport(): Promise<string> {
  const { output } = await runCommand("depcruise", ["--config", ".dependency-cruiser.mjs", "packages"], { cwd: root });
  return output;
}

async function lintReport(): Promise<string> {
  const { output } = await runCommand("oxlint", ["--config=.oxlintrc.json", "--format=unix", "."], { cwd: root });
  return output;
}

describe("layers", () => {
  test("a workspace that keeps the rules passes", async () => {
    write("packages/raft/src/noun.ts", 'import { noun as api } from "@aspenjs/api";\nexport const noun = api;\n');
    expect(await layerReport()).toContain("no dependency violations found");
  });

  test.each<[string, string, string]>([
    ["layer-packages-raft", "raft/src/noun.ts", 'import "@aspenjs/log-store";'],
    ["layer-packages-api", "api/src/noun.ts", 'import type { noun as other } from "@aspenjs/codec";'],
    ["layer-unlisted", "mystery/src/noun.ts", 'import "@aspenjs/api";'],
    ["adapter-lmdb", "log-store/src/noun.ts", 'import "lmdb";'],
    ["entries-stay-light", "log-store/src/noun.ts", 'import "./lmdb/store.ts";'],
    ["entries-open-no-socket", "raft/src/noun.ts", 'import "node:net";'],
    ["codec-depends-on-nothing", "codec/src/noun.ts", 'import "lmdb";'],
    ["no-cycles", "raft/src/noun.ts", 'import type { Verb } from "./verb.ts";'],
    ["no-own-index", "raft/src/noun.ts", 'import "./index.ts";'],
    ["no-own-index", "raft/src/core/index.ts", 'import "@aspenjs/raft";'],
    ["no-deep-import", "raft/src/noun.ts", 'import "../../api/src/noun.ts";'],
    ["no-deep-import", "raft/test/noun.test.ts", 'import "../../log-store/src/noun.ts";'],
    ["no-source-imports-test", "raft/src/noun.ts", 'import "./noun.test.ts";'],
    ["raft-core-is-pure", "raft/src/core/step.ts", 'import "node:fs";'],
    ["raft-core-knows-no-shell", "raft/src/core/step.ts", 'import "../node/shell.ts";'],
    ["contracts-are-pure", "api/src/noun.ts", 'import "node:fs";'],
    ["contracts-hash-nothing", "api/src/noun.ts", 'import "node:crypto";'],
    ["no-development-dependency-in-sources", "raft/src/noun.ts", 'import "fast-check";'],
    ["resolvable", "raft/src/noun.ts", 'import "@aspenjs/api/src/noun.ts";'],
  ])("%s: packages/%s must not say %s", async (rule, path, statement) => {
    write("packages/raft/src/verb.ts", 'import type { Noun } from "./noun.ts";\nexport type Verb = Noun;\n');
    write("packages/raft/src/noun.test.ts", "export {};\n");
    write("packages/raft/src/node/shell.ts", "export {};\n");
    write("packages/log-store/src/lmdb/store.ts", 'import { open } from "lmdb";\nexport const store = open;\n');
    write(`packages/${path}`, `${statement}\nexport const noun = 1;\nexport type Noun = string;\n`);
    expect(await layerReport()).toContain(`error ${rule}`);
  });

  test("tests may meet siblings by their public entry points", async () => {
    write("packages/raft/test/meeting.test.ts", 'import "@aspenjs/log-store";\nimport "@aspenjs/raft";\n');
    expect(await layerReport()).toContain("no dependency violations found");
  });
});

describe("lint", () => {
  test.each<[string, string]>([
    ["no-restricted-globals", "export const now = Date.now();"],
    ["no-restricted-globals", "export const now = () => new Date();"],
    ["no-restricted-globals", "export const now = performance.now();"],
    ["no-restricted-globals", "globalThis.setTimeout(() => {}, 1);"],
    ["no-restricted-globals", "setInterval(() => {}, 1);"],
    ["no-restricted-globals", "setImmediate(() => {});"],
    ["no-restricted-globals", "export const id = crypto.randomUUID();"],
    ["no-restricted-globals", "export const home = process.env.HOME;"],
    ["no-restricted-properties", "export const dice = Math.random();"],
    ["no-restricted-properties", "export const { random } = Math;"],
    ["no-restricted-properties", "export const signal = AbortSignal.timeout(1);"],
    ["no-restricted-imports", 'import { randomBytes } from "node:crypto";\nexport { randomBytes };'],
    ["no-restricted-imports", 'import "node:timers/promises";'],
    ["no-explicit-any", "export const value: any = 1;"],
    ["no-default-export", "export default 1;"],
    ["no-console", "console.log(1);"],
    ["ban-ts-comment", "// @ts-ignore\nexport const value = 1;"],
    ["no-warning-comments", "// oxlint-disable-next-line no-console\nexport const value = 1;"],
    ["no-warning-comments", "// TODO: later\nexport const value = 1;"],
    ["no-non-null-assertion", "export const first = (list: string[]) => list[0]!;"],
    ["max-lines", "export {};\n".repeat(501)],
    ["max-lines-per-function", `export function long(): void {\n${"  void 0;\n".repeat(70)}}`],
    ["no-floating-promises", "export function lose(work: () => Promise<void>): void {\n  work();\n}"],
    [
      "no-misused-promises",
      "export function lose(items: string[], work: (item: string) => Promise<void>): void {\n  items.forEach(work);\n}",
    ],
    ["await-thenable", "export async function wait(value: number): Promise<number> {\n  return await value;\n}"],
    ["no-unsafe-assignment", 'export const count: number = JSON.parse("1");'],
  ])("%s catches case %#", async (rule, code) => {
    write("packages/raft/src/verb.ts", `${code}\n`);
    expect(await lintReport()).toContain(`(${rule})`);
  });

  test("filename-case: a file is named in kebab case", async () => {
    write("packages/raft/src/RaftNode.ts", "export const one = 1;\n");
    expect(await lintReport()).toContain("(filename-case)");
  });

  test("an acceptance suite may wait for real, but draws no dice", async () => {
    write("packages/raft/src/testing/wait.ts", "setTimeout(() => {}, 1);\nexport const dice = Math.random();\n");
    const report = await lintReport();
    expect(report).toContain("(no-restricted-properties)");
    expect(report).not.toContain("(no-restricted-globals)");
  });

  test.each(["log-store/src/lmdb/clock.ts", "raft/src/clock.test.ts"])("time is free to use in %s", async (path) => {
    write(`packages/${path}`, "export const now = Date.now() + performance.now();\n");
    expect(await lintReport()).not.toContain("Error");
  });
});
