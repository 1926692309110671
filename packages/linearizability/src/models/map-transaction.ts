import { refused, unknownOutput, type Refused, type UnknownOutput } from "../model.ts";
import { isSameScalar, type Scalar } from "../scalar.ts";
import type { MapOutput, MapStep, MapTransaction } from "./map-operation.ts";
import type { MapState } from "./map-state.ts";
import { changesOfSteps, transactedOf } from "./map-steps.ts";

/** `Model.step` of a transaction: the conditions, then the steps that they decide on, at one instant. */
export function stateAfterTransaction(
  state: MapState,
  input: MapTransaction,
  output: MapOutput | UnknownOutput,
): MapState | Refused {
  const succeeds = input.conditions.every(({ key, expected }) => isSameScalar(state.get(key), expected));
  const steps = succeeds ? input.success : input.failure;
  if (output !== unknownOutput) {
    const { succeeded, values } = transactedOf(input, output);
    if (succeeded !== succeeds || !areSeen(state, steps, values)) return refused;
  }
  return state.with(changesOfSteps(steps));
}

/** Are these the values that the steps get, one after the other? */
function areSeen(state: MapState, steps: readonly MapStep[], values: readonly (Scalar | undefined)[]): boolean {
  const changes = new Map<string, Scalar | undefined>();
  let getCount = 0;
  for (const step of steps) {
    if (step.kind !== "get") {
      changes.set(step.key, step.kind === "set" ? step.value : undefined);
      continue;
    }
    const actual = changes.has(step.key) ? changes.get(step.key) : state.get(step.key);
    if (!isSameScalar(actual, values[getCount])) return false;
    getCount += 1;
  }
  return true;
}
