import { at } from "./assert.ts";
import { asRecorded, findConflict, withoutAnswer } from "./conflict.ts";
import { checkHistory } from "./history.ts";
import { limits } from "./limits.ts";
import type { Model } from "./model.ts";
import type { Operation } from "./operation.ts";
import { toPartHistory } from "./part-history.ts";
import { PartSearch, type SearchLimits } from "./part-search.ts";
import { splitIntoParts, type Part } from "./parts.ts";
import type { UnfinishedPart, Verdict, Violation } from "./verdict.ts";
import { viewsOf } from "./views.ts";

export interface CheckOptions extends Partial<SearchLimits> {
  /** For making a violation smaller, once it is certain. */
  readonly shrinkStepsMax?: number;
  /**
   * No process makes a call while another call of its own is unanswered, unless it has given that one up (outcome
   * `unknown`). A history that breaks this is refused.
   */
  readonly areProcessesSequential?: boolean;
}

/**
 * Is there one order of the operations that the model accepts, in which everything that had returned before another was
 * called comes in front of it? Operations without an answer may be anywhere after their call in it, or missing.
 *
 * Parts of the history that have nothing to do with each other are searched one by one, the smallest first, each within
 * `stepsMax` and `configurationsMax`; the first bad one ends the check. A part that meets a limit makes the verdict
 * `undecided` unless another part is bad: no verdict is ever a guess.
 *
 * @throws {HistoryError} for a history that cannot have been recorded
 */
export function checkLinearizability<State, Input, Output>(
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
  options: CheckOptions = {},
): Verdict<Input, Output> {
  checkHistory(operations, options.areProcessesSequential ?? false);
  const searchLimits: SearchLimits = {
    stepsMax: options.stepsMax ?? limits.stepsMax,
    configurationsMax: options.configurationsMax ?? limits.configurationsMax,
  };
  const parts = splitIntoParts(model, operations);
  const orders: Operation<Input, Output>[][] = [];
  const unfinished: UnfinishedPart[] = [];
  let steps = 0;
  for (const part of parts.toSorted((left, right) => left.operations.length - right.operations.length)) {
    const checked = checkPart(model, part, searchLimits, options.shrinkStepsMax ?? limits.shrinkStepsMax);
    steps += checked.steps;
    if (checked.kind === "violation") return { kind: "violation", violation: checked.violation, steps };
    if (checked.kind === "linearizable") orders.push(checked.order);
    else unfinished.push({ partNames: part.names, operationCount: part.operations.length, limit: checked.limit });
  }
  return unfinished.length > 0 ? { kind: "undecided", unfinished, steps } : { kind: "linearizable", orders, steps };
}

type PartVerdict<Input, Output> =
  | { readonly kind: "linearizable"; readonly order: Operation<Input, Output>[]; readonly steps: number }
  | { readonly kind: "violation"; readonly violation: Violation<Input, Output>; readonly steps: number }
  | { readonly kind: "undecided"; readonly limit: keyof SearchLimits; readonly steps: number };

/** The views first: most of what is bad is bad in a view, and only the whole can show that all is good. */
function checkPart<State, Input, Output>(
  model: Model<State, Input, Output>,
  part: Part<Input, Output>,
  searchLimits: SearchLimits,
  shrinkStepsMax: number,
): PartVerdict<Input, Output> {
  const shrinkLimits = { ...searchLimits, stepsMax: shrinkStepsMax };
  let steps = 0;
  for (const view of viewsOf(model, part.operations)) {
    const history = toPartHistory(model, view.operations);
    const result = new PartSearch(model, history, searchLimits).run();
    steps += result.steps;
    if (result.kind !== "violation") continue;
    const violation = findConflict(model, { ...view, names: [view.name] }, history, result, shrinkLimits);
    return { kind: "violation", violation: asRecorded(violation, view.recorded), steps };
  }
  const history = toPartHistory(model, part.operations);
  const result = new PartSearch(model, history, searchLimits).run();
  steps += result.steps;
  switch (result.kind) {
    case "linearizable":
      return { kind: "linearizable", order: result.order.map((number) => at(history.operations, number)), steps };
    case "undecided":
      return { kind: "undecided", limit: result.limit, steps };
    case "violation": {
      const whole = { ...part, withoutAnswer: (operation: Operation<Input, Output>) => [withoutAnswer(operation)] };
      return { kind: "violation", violation: findConflict(model, whole, history, result, shrinkLimits), steps };
    }
  }
}
