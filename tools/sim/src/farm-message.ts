import type { RunChoices, RunMetrics, Violation } from "@aspenjs/simulation";
import type { StateKind } from "./state-directory.ts";

/** To a worker: live through these seeds. */
export interface SeedOrder {
  readonly seeds: readonly number[];
  readonly choices: RunChoices;
  /** Each seed twice, with equal traces. */
  readonly isTwice: boolean;
  readonly stateKind: StateKind;
}

/** From a worker, one for each seed. */
export interface SeedResult {
  readonly seed: number;
  readonly violation: Violation | undefined;
  readonly metrics: RunMetrics;
  readonly traceHash: string;
  /** Processor time that the seed took. */
  readonly cpuMs: number;
}
