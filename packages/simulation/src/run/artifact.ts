import { AspenError } from "@aspenjs/api";
import type { RunMetrics } from "./run-metrics.ts";
import { readRunOptions } from "./run-options-gate.ts";
import type { RunOptions } from "./run-options.ts";
import type { RunReport } from "./run.ts";
import type { TraceLine } from "./trace.ts";
import type { Violation } from "./violation.ts";

/** What the nodes of a run kept their state in: the trace of a run is its own for each. */
type StateKind = (typeof STATE_KINDS)[number];

const STATE_KINDS = ["memory", "sqlite"] as const;

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
  readonly stateKind: StateKind;
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
  /** Default: memory. */
  readonly stateKind?: StateKind;
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
    stateKind: options.stateKind ?? "memory",
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
  /** Default, for artifacts from before it was written down: memory. */
  readonly stateKind?: StateKind;
  /** How the run failed; `undefined`: it did not, or the artifact does not say. */
  readonly violation?: Pick<Violation, "checker" | "message"> | undefined;
}

/** @throws AspenError `invalid_request`: the text is no artifact */
export function parseArtifact(text: string): ReplayableRun {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AspenError("invalid_request", "this is no artifact of a run: it is not JSON", { cause });
  }
  const fields = (value ?? {}) as { readonly [name: string]: unknown };
  const { options, traceHash, commit, stateKind = "memory" } = fields;
  if (typeof traceHash !== "string" || typeof commit !== "string") {
    throw new AspenError("invalid_request", "this is no artifact of a run: it names no trace or no commit");
  }
  const known = STATE_KINDS.find((kind) => kind === stateKind);
  if (known === undefined) {
    throw new AspenError("invalid_request", "this is no artifact of a run: stateKind is wrong");
  }
  const violation = readViolation(fields["violation"]);
  return { options: readRunOptions(options), traceHash, commit, stateKind: known, violation };
}

function readViolation(value: unknown): ReplayableRun["violation"] {
  if (value === undefined) return undefined;
  const { checker, message } = (value ?? {}) as { readonly [name: string]: unknown };
  if (typeof checker !== "string" || typeof message !== "string") {
    throw new AspenError("invalid_request", "this is no artifact of a run: violation is wrong");
  }
  return { checker, message };
}
