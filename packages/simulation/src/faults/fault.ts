import type { World } from "../cluster/world.ts";
import type { SeededRandom } from "../random/seeded-random.ts";
import type { Operator } from "../workload/operator.ts";
import type { Workload } from "../workload/workload.ts";

/** What faults act on. */
export interface Scene {
  readonly world: World;
  readonly workload: Workload;
  readonly operator: Operator;
}

/** Ends the fault; harmless when something else has ended it before. */
export type Undo = () => void;

export type FaultOutcome =
  | { readonly kind: "injected"; readonly text: string; readonly undo?: Undo }
  /** There was nobody whom it could have hit, or the cluster must not lose more. */
  | { readonly kind: "skipped" };

/** One kind of misfortune. Whom it hits is drawn from the dice of that one stroke. */
export interface Fault {
  readonly name: string;
  /** How long it lasts. */
  readonly durationMsMin: number;
  readonly durationMsMax: number;
  /** How often it strikes, compared with the others. */
  readonly weight: number;
  strike(scene: Scene, random: SeededRandom): FaultOutcome;
}

export const SKIPPED: FaultOutcome = { kind: "skipped" };
