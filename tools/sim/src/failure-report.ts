import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  createArtifact,
  parseArtifact,
  renderTimeline,
  shrinkRun,
  simulateRun,
  type ReplayableRun,
  type RunArtifact,
  type RunOptions,
  type RunReport,
  type RunSurroundings,
  type TraceLine,
} from "@aspenjs/simulation";
import { withStateDisks, type StateKind } from "./state-directory.ts";

const FOLDER = "docs/simulations";
const SHRINK_RUNS_MAX = 150;

export interface TracedRun {
  readonly report: RunReport;
  readonly events: readonly TraceLine[];
  readonly durationMs: number;
}

/** A run whose every line is kept. */
export async function traceRun(options: RunOptions, around: RunSurroundings = {}): Promise<TracedRun> {
  const events: TraceLine[] = [];
  const startMs = performance.now();
  const report = await simulateRun(options, { ...around, onTraceLine: (line) => void events.push(line) });
  return { report, events, durationMs: Math.round(performance.now() - startMs) };
}

/** Makes the failure small and writes down what is left. @returns where */
export async function reportFailure(options: RunOptions, stateKind: StateKind): Promise<string> {
  const simulate = (chosen: RunOptions) => withStateDisks(stateKind, (around) => simulateRun(chosen, around));
  const first = await simulate(options);
  const { report, runs } = await shrinkRun(first, {
    simulate,
    runsMax: SHRINK_RUNS_MAX,
  });
  console.log(
    `shrunk in ${runs} runs: ${options.plan.length} faults to ${report.options.plan.length}, ` +
      `${options.clientCount} clients to ${report.options.clientCount}`,
  );
  return writeArtifact(await withStateDisks(stateKind, (around) => traceRun(report.options, around)));
}

export function writeArtifact({ report, events, durationMs }: TracedRun): string {
  const timestamp = new Date().toISOString();
  const artifact = createArtifact(report, {
    name: "cluster",
    commit: currentCommit(),
    timestamp,
    durationMs,
    events,
    reproduce: `pnpm sim --replay ${FOLDER}/<this file>`,
  });
  const path = join(FOLDER, `${artifact.runId}.json`);
  mkdirSync(FOLDER, { recursive: true });
  const whole: RunArtifact = { ...artifact, reproduce: `pnpm sim --replay ${path}` };
  writeFileSync(path, `${JSON.stringify(whole, undefined, 2)}\n`);
  writeFileSync(join(FOLDER, `${artifact.runId}.html`), renderTimeline(artifact.runId, events));
  return path;
}

export function readArtifact(path: string): ReplayableRun {
  return parseArtifact(readFileSync(path, "utf8"));
}

function currentCommit(): string {
  try {
    const commit = execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8" }).trim();
    const isChanged = execFileSync("git", ["status", "--porcelain"], { encoding: "utf8" }).trim() !== "";
    return isChanged ? `${commit} with changes` : commit;
  } catch {
    return "unknown";
  }
}
