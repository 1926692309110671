import { HistoryError } from "../history-error.ts";
import type { Scalar } from "../scalar.ts";
import {
  mapInputText,
  senseless,
  type MapOutput,
  type MapStep,
  type MapTransacted,
  type MapTransaction,
} from "./map-operation.ts";

/** What keys have; `undefined` is absence. */
export type MapValues = ReadonlyMap<string, Scalar | undefined>;

/**
 * What was answered, and the steps that ran by it.
 * @throws {HistoryError} if no such transaction answers that, whatever the map holds
 */
export function transactedOf(
  input: MapTransaction,
  output: MapOutput,
): MapTransacted & { readonly steps: readonly MapStep[] } {
  if (output.kind !== "transacted") throw senseless(input, output);
  const steps = output.succeeded ? input.success : input.failure;
  const getCount = steps.reduce((count, { kind }) => count + (kind === "get" ? 1 : 0), 0);
  if (output.values.length === getCount) return { ...output, steps };
  throw new HistoryError(`"${mapInputText(input)}" gets ${getCount} and cannot answer ${output.values.length}`);
}

/** What the steps leave behind. */
export function changesOfSteps(steps: readonly MapStep[]): MapValues {
  const changes = new Map<string, Scalar | undefined>();
  for (const step of steps) {
    if (step.kind !== "get") changes.set(step.key, step.kind === "set" ? step.value : undefined);
  }
  return changes;
}

/** What the steps saw that others had left behind: not where an earlier one of them had changed the key. */
export function seenBySteps(steps: readonly MapStep[], values: readonly (Scalar | undefined)[]): MapValues {
  const changed = new Set<string>();
  const seen = new Map<string, Scalar | undefined>();
  let getCount = 0;
  for (const step of steps) {
    if (step.kind !== "get") {
      changed.add(step.key);
      continue;
    }
    if (!changed.has(step.key)) seen.set(step.key, values[getCount]);
    getCount += 1;
  }
  return seen;
}
