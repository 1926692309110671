import { simulateRun, traceText, type RunOptions, type RunReport, type TraceLine } from "@aspenjs/simulation";
import { readArtifact, reportFailure, traceRun, writeArtifact } from "./failure-report.ts";
import { withStateDisks, type StateKind } from "./state-directory.ts";

export interface ShowRunOptions {
  readonly options: RunOptions;
  readonly stateKind: StateKind;
  readonly isTraced: boolean;
  /** Write the artifact and its timeline even if all was well. */
  readonly isKept: boolean;
}

/** One run, told on the terminal. @returns whether all was well */
export async function showRun({ options, stateKind, isTraced, isKept }: ShowRunOptions): Promise<boolean> {
  const { report, events, durationMs } = await withStateDisks(stateKind, (around) => traceRun(options, around));
  if (isTraced) for (const line of events) console.log(traceText(line));
  tell(report, durationMs);
  if (isKept) console.log(`written: ${writeArtifact({ report, events, durationMs })}`);
  if (report.violation === undefined) return true;
  console.log(
    `\nVIOLATION after ${report.violation.atUs / 1_000} ms, ${report.violation.checker}: ${report.violation.message}`,
  );
  if (!isKept) console.log(`written: ${await reportFailure(options, stateKind)}`);
  return false;
}

/** Lives through an artifact's run again. @returns whether it went as it is written there */
export async function replayRun(path: string, isTraced: boolean): Promise<boolean> {
  const artifact = readArtifact(path);
  const onLine = isTraced ? (line: TraceLine) => console.log(traceText(line)) : undefined;
  const report = await simulateRun(artifact.options, { onTraceLine: onLine });
  const { violation } = report;
  console.log(violation === undefined ? "no violation" : `${violation.checker}: ${violation.message}`);
  const isSame = report.traceHash === artifact.traceHash;
  console.log(isSame ? "the same trace" : `another trace: written by commit ${artifact.commit}`);
  return isSame && violation === undefined;
}

function tell({ metrics, traceHash }: RunReport, durationMs: number): void {
  console.log(JSON.stringify(metrics, undefined, 2));
  const factor = (metrics.virtualMs / Math.max(1, durationMs)).toFixed(0);
  console.log(`trace ${traceHash}`);
  console.log(`${metrics.virtualMs} ms lived in ${durationMs} ms, ${factor} times as fast`);
}
