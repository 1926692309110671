import { refused, unknownOutput, type Model, type Refused, type UnknownOutput } from "../model.ts";
import { isSameScalar, type Scalar } from "../scalar.ts";
import { hasNoEffect } from "./map-effect.ts";
import { mapEffectMayMatter } from "./map-influence.ts";
import {
  keysOf,
  mapInputText,
  mapOperationText,
  senseless,
  type MapEntry,
  type MapInput,
  type MapOutput,
} from "./map-operation.ts";
import { MapState } from "./map-state.ts";
import { stateAfterTransaction } from "./map-transaction.ts";
import { mapViewsOf } from "./map-views.ts";

export interface MapModelOptions {
  readonly initialEntries?: Iterable<MapEntry>;
  /**
   * Keys of one group are checked together even if no operation connects them. Without it each key is a group of its
   * own. Operations on keys of several groups connect these groups in any case.
   */
  readonly groupOf?: (key: string) => string;
}

/**
 * Keys and values with changes and reads of many keys at one instant. Histories of operations on single keys are
 * checked key by key; a scan, a transaction or a change of many keys connects those that it names.
 */
export function createMapModel(options: MapModelOptions = {}): Model<MapState, MapInput, MapOutput> {
  const { groupOf } = options;
  return {
    name: "map",
    initialState: MapState.of(options.initialEntries ?? []),
    step: mapStep,
    stateKey: (state) => state.text,
    stateText: (state) => `{${state.text}}`,
    operationText: mapOperationText,
    partsOf: (input) => (groupOf === undefined ? keysOf(input) : keysOf(input).map(groupOf)),
    viewsOf: mapViewsOf,
    isRead: hasNoEffect,
    inputKey: mapInputText,
    mayMatter: mapEffectMayMatter,
  };
}

function mapStep(state: MapState, input: MapInput, output: MapOutput | UnknownOutput): MapState | Refused {
  switch (input.kind) {
    case "get":
      return isTrue(input, output, { value: state.get(input.key) }) ? state : refused;
    case "scan":
      return isScanTrue(state, input, output) ? state : refused;
    case "set":
      if (!isTrue(input, output, { value: state.get(input.key) })) return refused;
      return state.with([[input.key, input.value]]);
    case "setMany":
      return isTrue(input, output, {}) ? state.with(input.entries) : refused;
    case "delete":
    case "deleteMany":
      return afterDeletion(state, input, output);
    case "compareAndSwap":
    case "compareAndDelete":
      return afterComparison(state, input, output);
    case "transaction":
      return stateAfterTransaction(state, input, output);
  }
}

function afterDeletion(
  state: MapState,
  input: Extract<MapInput, { kind: "delete" | "deleteMany" }>,
  output: MapOutput | UnknownOutput,
): MapState | Refused {
  const keys = new Set(keysOf(input));
  const count = [...keys].filter((key) => state.get(key) !== undefined).length;
  const truth = input.kind === "delete" ? { count, value: state.get(input.key) } : { count };
  if (!isTrue(input, output, truth)) return refused;
  return state.with([...keys].map((key) => [key, undefined] as const));
}

function afterComparison(
  state: MapState,
  input: Extract<MapInput, { kind: "compareAndSwap" | "compareAndDelete" }>,
  output: MapOutput | UnknownOutput,
): MapState | Refused {
  const actual = state.get(input.key);
  const isExpected = isSameScalar(actual, input.expected);
  if (output !== unknownOutput) {
    if (output.kind !== "swapped" && output.kind !== "notSwapped") throw senseless(input, output);
    if (isExpected !== (output.kind === "swapped")) return refused;
    if (output.kind === "notSwapped" && output.actual !== undefined && !isSameScalar(output.actual.value, actual)) {
      return refused;
    }
  }
  if (!isExpected) return state;
  return state.with([[input.key, input.kind === "compareAndSwap" ? input.value : undefined]]);
}

function isScanTrue(
  state: MapState,
  input: Extract<MapInput, { kind: "scan" }>,
  output: MapOutput | UnknownOutput,
): boolean {
  if (output === unknownOutput) return true;
  if (output.kind !== "entries") throw senseless(input, output);
  const presentCount = new Set(input.keys.filter((key) => state.get(key) !== undefined)).size;
  if (output.entries.length !== presentCount || new Map(output.entries).size !== presentCount) return false;
  return output.entries.every(([key, value]) => input.keys.includes(key) && isSameScalar(state.get(key), value));
}

interface Truth {
  readonly value?: Scalar | undefined;
  readonly count?: number;
}

/** Of an output that says nothing but success, or what the key had, or how many there were. */
function isTrue(input: MapInput, output: MapOutput | UnknownOutput, truth: Truth): boolean {
  if (output === unknownOutput) return true;
  if (output.kind === "done" && input.kind !== "get") return true;
  if (output.kind === "value" && "value" in truth) return isSameScalar(output.value, truth.value);
  if (output.kind === "count" && truth.count !== undefined) return output.count === truth.count;
  throw senseless(input, output);
}
