import { refused, unknownOutput, type Model, type Refused, type UnknownOutput } from "../model.ts";
import { isSameScalar, scalarText, type Scalar } from "../scalar.ts";

export type SwapRegisterInput<Value extends Scalar = Scalar> =
  | { readonly kind: "read" }
  | { readonly kind: "write"; readonly value: Value }
  | { readonly kind: "compareAndSwap"; readonly expected: Value; readonly value: Value };

/** What a read saw; whether a compare-and-swap found what it expected; a write answers nothing: `undefined`. */
export type SwapRegisterOutput<Value extends Scalar = Scalar> = Value | boolean | undefined;

/** One value that is also changed under the condition that it is still what it was. */
export function createSwapRegisterModel<Value extends Scalar = Scalar>(
  initialValue: NoInfer<Value>,
): Model<Value, SwapRegisterInput<Value>, SwapRegisterOutput<Value>> {
  return {
    name: "compare-and-swap register",
    initialState: initialValue,
    step: swapRegisterStep,
    stateKey: (state) => state,
    stateText: scalarText,
    operationText: (input, output) => `${inputText(input)}${outputText(input, output)}`,
    isRead: (input, output) => input.kind === "read" || (input.kind === "compareAndSwap" && output === false),
    inputKey: inputText,
    mayMatter: mayMatterToSwapRegister,
  };
}

function swapRegisterStep<Value extends Scalar>(
  state: Value,
  input: SwapRegisterInput<Value>,
  output: SwapRegisterOutput<Value> | UnknownOutput,
): Value | Refused {
  switch (input.kind) {
    case "read":
      return output === unknownOutput || isSameScalar(state, output) ? state : refused;
    case "write":
      return input.value;
    case "compareAndSwap": {
      const isExpected = isSameScalar(state, input.expected);
      if (output !== unknownOutput && output !== isExpected) return refused;
      return isExpected ? input.value : state;
    }
  }
}

/** A change is seen by what depends on its value, and gone after a write. */
function mayMatterToSwapRegister<Value extends Scalar>(
  effect: SwapRegisterInput<Value>,
  input: SwapRegisterInput<Value>,
  output: SwapRegisterOutput<Value> | UnknownOutput,
): boolean {
  if (effect.kind === "read" || input.kind === "write") return false;
  if (input.kind === "read") return output !== unknownOutput && isSameScalar(effect.value, output);
  if (output === unknownOutput) {
    // Two swaps from one value: whichever comes first wins.
    const isRival = effect.kind === "compareAndSwap" && isSameScalar(effect.expected, input.expected);
    return isRival || isSameScalar(effect.value, input.expected);
  }
  return isSameScalar(effect.value, input.expected) === output;
}

function inputText<Value extends Scalar>(input: SwapRegisterInput<Value>): string {
  switch (input.kind) {
    case "read":
      return "read";
    case "write":
      return `write ${scalarText(input.value)}`;
    case "compareAndSwap":
      return `swap ${scalarText(input.expected)} to ${scalarText(input.value)}`;
  }
}

function outputText<Value extends Scalar>(
  input: SwapRegisterInput<Value>,
  output: SwapRegisterOutput<Value> | UnknownOutput,
): string {
  if (output === unknownOutput) return " -> ?";
  if (input.kind === "write") return "";
  if (input.kind === "read") return ` -> ${scalarText(output)}`;
  return output === true ? " -> swapped" : " -> not swapped";
}
