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
  type TraceLine,
} from "@aspenjs/simulation";
import { withStateDisks, type StateKind } from "./state-directory.ts";

/** Where what is kept of runs goes. */
export const REPORT_FOLDER = "docs/simulations";
const SHRINK_RUNS_MAX = 150;

export interface TracedRun {
  readonly report: RunReport;
  readonly events: readonly TraceLine[];
  readonly durationMs: number;
  readonly stateKind: StateKind;
}

/** A run whose every line is kept. */
export function traceRun(options: RunOptions, stateKind: StateKind): Promise<TracedRun> {
  return withStateDisks(stateKind, async (around) => {
    const events: TraceLine[] = [];
    const startMs = performance.now();
    const report = await simulateRun(options, { ...around, onTraceLine: (line) => void events.push(line) });
    return { report, events, durationMs: Math.round(performance.now() - startMs), stateKind };
  });
}

/** Makes the failure small and writes down what is left. @returns where */
export async function reportFailure(options: RunOptions, stateKind: StateKind): Promise<string> {
  const simulate = (chosen: RunOptions) => withStateDisks(stateKind, (around) => simulateRun(chosen, around));
  const first = await simulate(options);
  if (first.violation === undefined) {
    console.log("alone in this process the run does not fail: nothing can be made smaller");
    return writeArtifact(await traceRun(options, stateKind));
  }
  const { report, runs } = await shrinkRun(first, {
    simulate,
    runsMax: SHRINK_RUNS_MAX,
  });
  console.log(
    `shrunk in ${runs} runs: ${options.plan.length} faults to ${report.options.plan.length}, ` +
      `${options.clientCount} clients to ${report.options.clientCount}`,
  );
  return writeArtifact(await traceRun(report.options, stateKind));
}

export function writeArtifact({ report, events, durationMs, stateKind }: TracedRun): string {
  const timestamp = new Date().toISOString();
  const artifact = createArtifact(report, {
    name: "cluster",
    commit: currentCommit(),
    timestamp,
    durationMs,
    stateKind,
    events,
    reproduce: `pnpm sim --replay ${REPORT_FOLDER}/<this file>`,
  });
  const path = join(REPORT_FOLDER, `${artifact.runId}.json`);
  mkdirSync(REPORT_FOLDER, { recursive: true });
  const reproduce = `pnpm sim --replay ${path}`;
  const whole: RunArtifact = { ...artifact, reproduce };
  writeFileSync(path, `${JSON.stringify(whole, undefined, 2)}\n`);
  const { seed, plan, chaosMs } = report.options;
  const facts = { seed, plan, chaosMs, violation: report.violation, reproduce };
  writeFileSync(join(REPORT_FOLDER, `${artifact.runId}.html`), renderTimeline(artifact.runId, events, facts));
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
