import { HistoryError } from "../history-error.ts";
import { refused, unknownOutput, type Model } from "../model.ts";

export type CounterInput =
  | { readonly kind: "read" }
  /** `by` is a whole number, and not below zero. */
  | { readonly kind: "increment"; readonly by: number };

/** What a read saw, and what an increment made of it. */
export type CounterOutput = number;

/** A number that only grows, that everybody adds to, and that tells each what it has become. */
export function createCounterModel(initialValue = 0): Model<number, CounterInput, CounterOutput> {
  return {
    name: "counter",
    initialState: initialValue,
    step: (state, input, output) => {
      if (input.kind === "increment" && !(input.by >= 0)) throw new HistoryError("a counter goes up, not down");
      const next = input.kind === "increment" ? state + input.by : state;
      return output === unknownOutput || output === next ? next : refused;
    },
    stateKey: (state) => state,
    stateText: String,
    operationText: (input, output) => {
      return `${inputText(input)} -> ${output === unknownOutput ? "?" : String(output)}`;
    },
    isRead: (input) => input.kind === "read" || input.by === 0,
    inputKey: inputText,
    // Of two increments nobody has seen the order.
    isLost: (state, input, output) => state + (input.kind === "increment" ? input.by : 0) > output,
    mayMatter: (_effect, _input, output) => output !== unknownOutput,
  };
}

function inputText(input: CounterInput): string {
  return input.kind === "read" ? "read" : `add ${input.by}`;
}
