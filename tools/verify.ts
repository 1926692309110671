/**
 * The gate. Reads and never writes (builds and caches aside); runs every step even when one fails, prints the first
 * failing lines of each, and ends with 1 when any failed. `pnpm fix` mends what a tool can mend by itself.
 *
 *     node tools/verify.ts [--only step,step] [--skip step,step] [--list]
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, stripVTControlCharacters } from "node:util";
import { runCommand } from "./run-command.ts";
import { readWorkspace, ROOT_DIRECTORY } from "./workspace.ts";

interface Step {
  readonly name: string;
  readonly purpose: string;
  /** Run one after the other; the step fails when any does, and all are run. */
  readonly commands: readonly (readonly [string, ...string[]])[];
  /** Where the interesting part of a failure starts; the first line when there is none. */
  readonly failureStart?: RegExp;
}

interface StepOutcome {
  readonly step: Step;
  readonly isOk: boolean;
  readonly durationMs: number;
}

const FAILURE_LINES_MAX = 40;

const typeChecked = ["tools", ...readWorkspace(["packages", "apps", "tools"]).map(({ folder }) => folder)];

const steps: readonly Step[] = [
  { name: "format", purpose: "oxfmt has nothing to change", commands: [["oxfmt", "--check", "."]] },
  {
    name: "lint",
    purpose: "oxlint with types: promises, any, sizes, banned calls",
    commands: [["oxlint", "--format=unix", "."]],
  },
  {
    name: "types",
    purpose: "tsc for the tools and every package",
    commands: typeChecked.map((folder) => ["tsc", "--noEmit", "--pretty", "false", "-p", folder]),
  },
  {
    name: "layers",
    purpose: "who may import whom; no cycles, types included",
    commands: [["depcruise", "--config", ".dependency-cruiser.mjs", "packages", "apps", "tools"]],
  },
  {
    name: "dead-code",
    purpose: "no unused file, export or dependency",
    commands: [["knip", "--no-progress", "--no-config-hints"]],
  },
  { name: "workspace", purpose: "one version of everything, sorted manifests", commands: [["sherif"]] },
  { name: "anatomy", purpose: "every package has the same parts", commands: [["node", "tools/check-anatomy.ts"]] },
  { name: "specs", purpose: "every invariant is kept and tested", commands: [["node", "tools/check-specs.ts"]] },
  {
    name: "examples",
    purpose: "the first example of each README runs on the sources",
    commands: [["node", "tools/run-readme-examples.ts"]],
    failureStart: /^FAILED/m,
  },
  {
    name: "tests",
    purpose: "all tests",
    commands: [["node", "tools/run-tests.ts"]],
    failureStart: /^.*(Failed Tests|Failed Suites|Unhandled Errors|^failed: ).*$/m,
  },
  {
    name: "packages",
    purpose: "built, packed, installed elsewhere; entries import, programs start, examples run",
    commands: [["node", "tools/check-packages.ts"]],
    failureStart: /^FAILED/m,
  },
];

const chosen = chooseSteps();
const logDirectory = mkdtempSync(join(tmpdir(), "aspen-verify-"));
const startedAtMs = performance.now();
const outcomes: StepOutcome[] = [];
for (const step of chosen) outcomes.push(await runStep(step));
const failed = outcomes.filter((outcome) => !outcome.isOk).map((outcome) => outcome.step.name);
const total = seconds(performance.now() - startedAtMs);
console.log(`\n${outcomes.length - failed.length} of ${outcomes.length} steps are green, in ${total}`);
if (failed.length > 0) console.log(`red: ${failed.join(", ")}; whole outputs are in ${logDirectory}`);
process.exitCode = failed.length === 0 ? 0 : 1;

async function runStep(step: Step): Promise<StepOutcome> {
  const stepStartedAtMs = performance.now();
  let isOk = true;
  let failures = "";
  for (const [command, ...commandArguments] of step.commands) {
    const outcome = await runCommand(command, commandArguments, { cwd: ROOT_DIRECTORY, env: { NO_COLOR: "1" } });
    if (outcome.exitCode === 0) continue;
    isOk = false;
    failures += stripVTControlCharacters(outcome.output);
  }
  const durationMs = performance.now() - stepStartedAtMs;
  console.log(`${isOk ? "ok  " : "FAIL"}  ${step.name.padEnd(10)} ${seconds(durationMs).padStart(8)}  ${step.purpose}`);
  if (!isOk) {
    writeFileSync(join(logDirectory, `${step.name}.log`), failures);
    for (const line of firstFailingLines(step, failures)) console.log(`      ${line}`);
  }
  return { step, isOk, durationMs };
}

function firstFailingLines(step: Step, output: string): string[] {
  const start = step.failureStart === undefined ? 0 : Math.max(0, output.search(step.failureStart));
  const lines = output
    .slice(start)
    .split("\n")
    .filter((line) => line.trim() !== "");
  if (lines.length <= FAILURE_LINES_MAX) return lines;
  return [...lines.slice(0, FAILURE_LINES_MAX), `… and ${lines.length - FAILURE_LINES_MAX} lines more`];
}

function chooseSteps(): Step[] {
  const { values } = parseArgs({
    options: { only: { type: "string" }, skip: { type: "string" }, list: { type: "boolean" } },
  });
  if (values.list === true) {
    for (const step of steps) console.log(`${step.name.padEnd(10)} ${step.purpose}`);
    process.exit(0);
  }
  const only = values.only?.split(",");
  const skip = values.skip?.split(",") ?? [];
  const unknown = [...(only ?? []), ...skip].find((name) => !steps.some((step) => step.name === name));
  if (unknown !== undefined) throw new Error(`no step is called ${unknown}; --list shows them`);
  return steps.filter(({ name }) => (only === undefined || only.includes(name)) && !skip.includes(name));
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1_000).toFixed(1)} s`;
}
