import { assert } from "./assert.ts";

/** What a check may cost before it gives up. Each bound is one of `CheckOptions`; these are what it is without. */
export const limits = {
  /** Steps of the model in one part of the history. Reached: undecided. */
  stepsMax: 20_000_000,
  /** Situations remembered in one part of the history, some 100 bytes each. Reached: undecided. */
  configurationsMax: 4_000_000,
  /** Steps for making a violation smaller, once it is certain. Reached: it is reported as large as it is then. */
  shrinkStepsMax: 2_000_000,
} as const;

assert(limits.configurationsMax <= limits.stepsMax, "a situation costs a step at least");
