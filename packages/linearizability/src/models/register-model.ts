import { refused, unknownOutput, type Model } from "../model.ts";
import { isSameScalar, scalarText, type Scalar } from "../scalar.ts";

export type RegisterInput<Value extends Scalar = Scalar> =
  | { readonly kind: "read" }
  | { readonly kind: "write"; readonly value: Value };

/** What a read saw. A write answers nothing: `undefined`. */
export type RegisterOutput<Value extends Scalar = Scalar> = Value | undefined;

/** One value: a read answers what was written last. */
export function createRegisterModel<Value extends Scalar = Scalar>(
  initialValue: NoInfer<Value>,
): Model<Value, RegisterInput<Value>, RegisterOutput<Value>> {
  return {
    name: "register",
    initialState: initialValue,
    step: (state, input, output) => {
      if (input.kind === "write") return input.value;
      return output === unknownOutput || isSameScalar(state, output) ? state : refused;
    },
    stateKey: (state) => state,
    stateText: scalarText,
    operationText: (input, output) => {
      if (input.kind === "write") return `write ${scalarText(input.value)}${output === unknownOutput ? " -> ?" : ""}`;
      return `read -> ${output === unknownOutput ? "?" : scalarText(output)}`;
    },
    isRead: (input) => input.kind === "read",
    inputKey: (input) => (input.kind === "read" ? "read" : `write ${scalarText(input.value)}`),
    // A write is seen by a read of its value, and gone after another write.
    mayMatter: (effect, input, output) => {
      if (effect.kind === "read" || input.kind === "write" || output === unknownOutput) return false;
      return isSameScalar(effect.value, output);
    },
  };
}
