import type { RunChoices, RunMetrics, Violation } from "@aspenjs/simulation";
import type { StateKind } from "./state-directory.ts";

/** What notices that two runs of one seed differ. */
export const DETERMINISM = "determinism";

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

/** From a worker: the simulation itself broke, which says nothing about the cluster. */
export interface SeedCrash {
  readonly seed: number;
  /** With its stack. */
  readonly error: string;
}

export type SeedMessage =
  | { readonly kind: "lived"; readonly result: SeedResult }
  | { readonly kind: "crashed"; readonly crash: SeedCrash };
