import { refused, unknownOutput, type Model } from "../src/model.ts";
import { endOf, type Operation } from "../src/operation.ts";

/** The definition, word for word: tries every order of every choice of the operations without an answer. */
export function isLinearizableByBruteForce<State, Input, Output>(
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
  state: State = model.initialState,
): boolean {
  if (operations.every(({ outcome }) => outcome.kind === "unknown")) return true;
  return operations.some((next) => {
    const rest = operations.filter((operation) => operation !== next);
    if (rest.some((operation) => endOf(operation) < next.invokedAt)) return false;
    const output = next.outcome.kind === "returned" ? next.outcome.output : unknownOutput;
    const after = model.step(state, next.input, output);
    return after !== refused && isLinearizableByBruteForce(model, rest, after);
  });
}
