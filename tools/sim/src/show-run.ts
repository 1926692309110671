import {
  simulateRun,
  traceText,
  type RunOptions,
  type RunReport,
  type TraceLine,
  type Violation,
} from "@aspenjs/simulation";
import { readArtifact, reportFailure, traceRun, writeArtifact } from "./failure-report.ts";
import { withStateDisks, type StateKind } from "./state-directory.ts";

export interface ShowRunOptions {
  readonly options: RunOptions;
  readonly stateKind: StateKind;
  readonly isTraced: boolean;
  /** Write the artifact and its timeline even if all was well. */
  readonly isKept: boolean;
}

type Failure = Pick<Violation, "checker" | "message">;

/** One run, told on the terminal. @returns whether all was well */
export async function showRun({ options, stateKind, isTraced, isKept }: ShowRunOptions): Promise<boolean> {
  const run = await traceRun(options, stateKind);
  const { report, events, durationMs } = run;
  if (isTraced) for (const line of events) console.log(traceText(line));
  tell(report, durationMs);
  if (isKept) console.log(`written: ${writeArtifact(run)}`);
  if (report.violation === undefined) return true;
  console.log(
    `\nVIOLATION after ${report.violation.atUs / 1_000} ms, ${report.violation.checker}: ${report.violation.message}`,
  );
  if (!isKept) console.log(`written: ${await reportFailure(options, stateKind)}`);
  return false;
}

/**
 * Lives through an artifact's run again, on the kind of state that it was recorded on.
 * @returns whether it went as it is written there, and failed if it failed there
 */
export async function replayRun(path: string, isTraced: boolean): Promise<boolean> {
  const { options, stateKind = "memory", violation: recorded, traceHash, commit } = readArtifact(path);
  const onTraceLine = isTraced ? (line: TraceLine) => console.log(traceText(line)) : undefined;
  const { violation, ...report } = await withStateDisks(stateKind, (around) =>
    simulateRun(options, { ...around, onTraceLine }),
  );
  console.log(violation === undefined ? "no violation" : `${violation.checker}: ${violation.message}`);
  const isSame = report.traceHash === traceHash;
  console.log(isSame ? "the same trace" : `another trace: written by commit ${commit}`);
  const isAsRecorded = isSame && violation?.checker === recorded?.checker && violation?.message === recorded?.message;
  console.log(replayText(isAsRecorded, violation, recorded));
  return isAsRecorded;
}

function replayText(isAsRecorded: boolean, lived: Failure | undefined, recorded: Failure | undefined): string {
  if (isAsRecorded) return lived === undefined ? "passed again as recorded" : "failed again as recorded";
  const was = recorded === undefined ? "passed" : `failed: ${recorded.checker}: ${recorded.message}`;
  return `it went otherwise than recorded; recorded: ${was}`;
}

function tell({ metrics, traceHash }: RunReport, durationMs: number): void {
  console.log(JSON.stringify(metrics, undefined, 2));
  const factor = (metrics.virtualMs / Math.max(1, durationMs)).toFixed(0);
  console.log(`trace ${traceHash}`);
  console.log(`${metrics.virtualMs} ms lived in ${durationMs} ms, ${factor} times as fast`);
}
