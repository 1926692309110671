import { AspenError } from "@aspenjs/api";
import type { RunMetrics } from "./run-metrics.ts";
import { readRunOptions } from "./run-options-gate.ts";
import type { RunOptions } from "./run-options.ts";
import type { RunReport } from "./run.ts";
import type { TraceLine } from "./trace.ts";
import type { Violation } from "./violation.ts";

/** What is kept of a run: enough to read what happened, and to live through it again. */
export interface RunArtifact {
  readonly runId: string;
  readonly timestamp: string;
  readonly name: string;
  readonly seed: number;
  /** Of the code, as its version control names it. */
  readonly commit: string;
  readonly status: "passed" | "failed";
  readonly violation: Violation | undefined;
  readonly options: RunOptions;
  readonly metrics: RunMetrics;
  /** Real time. */
  readonly durationMs: number;
  readonly traceHash: string;
  readonly events: readonly TraceLine[];
  /** A command that lives through the same run again. */
  readonly reproduce: string;
}

export interface ArtifactOptions {
  readonly name: string;
  readonly commit: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly durationMs: number;
  readonly events: readonly TraceLine[];
  readonly reproduce: string;
}

export function createArtifact(report: RunReport, options: ArtifactOptions): RunArtifact {
  const { seed } = report.options;
  const stamp = options.timestamp.replaceAll(/[-:]/g, "").slice(0, 15).replace("T", "-");
  return {
    runId: `${options.name}-seed${seed}-${stamp}`,
    timestamp: options.timestamp,
    name: options.name,
    seed,
    commit: options.commit,
    status: report.violation === undefined ? "passed" : "failed",
    violation: report.violation,
    options: report.options,
    metrics: report.metrics,
    durationMs: options.durationMs,
    traceHash: report.traceHash,
    events: options.events,
    reproduce: options.reproduce,
  };
}

/** What of an artifact is needed to live through its run again. */
export interface ReplayableRun {
  readonly options: RunOptions;
  readonly traceHash: string;
  readonly commit: string;
}

/** @throws AspenError `invalid_request`: the text is no artifact */
export function parseArtifact(text: string): ReplayableRun {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AspenError("invalid_request", "this is no artifact of a run: it is not JSON", { cause });
  }
  const { options, traceHash, commit } = (value ?? {}) as { readonly [name: string]: unknown };
  if (typeof traceHash !== "string" || typeof commit !== "string") {
    throw new AspenError("invalid_request", "this is no artifact of a run: it names no trace or no commit");
  }
  return { options: readRunOptions(options), traceHash, commit };
}
