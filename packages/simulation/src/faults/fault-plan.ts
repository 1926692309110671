import type { SeededRandom } from "../random/seeded-random.ts";
import type { Fault } from "./fault.ts";

/** One stroke, planned before the run: leaving one out leaves the others as they are. */
export interface PlannedFault {
  readonly atMs: number;
  readonly name: string;
  readonly durationMs: number;
  /** Of the dice that say whom it hits. */
  readonly seed: number;
}

export interface FaultPlanOptions {
  readonly faults: readonly Fault[];
  readonly startMs: number;
  readonly endMs: number;
  /** Between two strokes on average. Those of no weight are planned elsewhere. */
  readonly pauseMs: number;
}

export function drawFaultPlan(random: SeededRandom, options: FaultPlanOptions): readonly PlannedFault[] {
  const { startMs, endMs, pauseMs } = options;
  const faults = options.faults.filter(({ weight }) => weight > 0);
  const plan: PlannedFault[] = [];
  if (faults.length === 0) return plan;
  for (let atMs = startMs + random.below(pauseMs); atMs < endMs; atMs += 1 + random.below(2 * pauseMs)) {
    const fault = pickWeighted(random, faults);
    const durationMs = random.between(fault.durationMsMin, fault.durationMsMax);
    plan.push({ atMs, name: fault.name, durationMs, seed: random.below(2 ** 32) });
  }
  return plan;
}

function pickWeighted(random: SeededRandom, faults: readonly Fault[]): Fault {
  let drawn = random.below(faults.reduce((sum, { weight }) => sum + weight, 0));
  for (const fault of faults) {
    if (drawn < fault.weight) return fault;
    drawn -= fault.weight;
  }
  throw new RangeError("the weights add up to more than their sum");
}
