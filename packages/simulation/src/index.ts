/**
 * Deterministic simulation of whole clusters: production's nodes and clients on virtual time, a virtual network and
 * virtual disks. One seed decides everything.
 * @packageDocumentation
 */
export { FAULTS } from "./faults/fault-catalogue.ts";
export { createArtifact, parseArtifact } from "./run/artifact.ts";
export { sumMetrics } from "./run/run-metrics.ts";
export { FAULT_POINTS } from "./run/run-options-gate.ts";
export { drawRunOptions } from "./run/drawn-options.ts";
export { simulateRun } from "./run/run.ts";
export { shrinkRun } from "./run/shrink.ts";
export { renderTimeline } from "./run/timeline.ts";
export { traceText } from "./run/trace.ts";
export { runScenario } from "./scenario/run-scenario.ts";
export { Stage } from "./scenario/stage.ts";
export { OPERATIONS } from "./workload/operation-name.ts";

export type { Fault, FaultOutcome, Scene, Undo } from "./faults/fault.ts";
export type { PlannedFault } from "./faults/fault-plan.ts";
export type { ArtifactOptions, ReplayableRun, RunArtifact } from "./run/artifact.ts";
export type { RunMetrics } from "./run/run-metrics.ts";
export type { RunChoices, RunOptions } from "./run/run-options.ts";
export type { StateDisk } from "./disk/state-disk.ts";
export type { RunReport, RunSurroundings } from "./run/run.ts";
export type { Shrunk, ShrinkOptions } from "./run/shrink.ts";
export type { TraceKind, TraceLine } from "./run/trace.ts";
export type { Violation } from "./run/violation.ts";
export type { OperationName } from "./workload/operation-name.ts";
export type { Scenario, ScenarioOptions, ScenarioReport } from "./scenario/run-scenario.ts";
