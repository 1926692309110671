import { at } from "./assert.ts";
import { checkHistory } from "./history.ts";
import { limits } from "./limits.ts";
import type { Model } from "./model.ts";
import type { Operation } from "./operation.ts";
import { toPartHistory } from "./part-history.ts";
import { PartSearch, type SearchLimits } from "./part-search.ts";
import { splitIntoParts } from "./parts.ts";
import type { UnfinishedPart, Verdict } from "./verdict.ts";
import { findConflict } from "./conflict.ts";

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
    const history = toPartHistory(model, part.operations);
    const result = new PartSearch(model, history, searchLimits).run();
    steps += result.steps;
    switch (result.kind) {
      case "linearizable":
        orders.push(result.order.map((number) => at(history.operations, number)));
        break;
      case "undecided":
        unfinished.push({
          partNames: part.names,
          operationCount: part.operations.length,
          limit: result.limit,
        });
        break;
      case "violation": {
        const shrinkLimits = { ...searchLimits, stepsMax: options.shrinkStepsMax ?? limits.shrinkStepsMax };
        return { kind: "violation", violation: findConflict(model, part, history, result, shrinkLimits), steps };
      }
    }
  }
  return unfinished.length > 0 ? { kind: "undecided", unfinished, steps } : { kind: "linearizable", orders, steps };
}
