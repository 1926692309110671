import { unknownOutput, type UnknownOutput } from "../model.ts";
import type { MapInput, MapOutput } from "./map-operation.ts";
import { changesOfSteps, transactedOf, type MapValues } from "./map-steps.ts";

const NOTHING: MapValues = new Map();

/** `Model.isRead` of the map. Also a change that says that it changed nothing. */
export function hasNoEffect(input: MapInput, output: MapOutput | UnknownOutput): boolean {
  switch (input.kind) {
    case "get":
    case "scan":
      return true;
    case "transaction": {
      const mayRun =
        output === unknownOutput ? [...input.success, ...input.failure] : transactedOf(input, output).steps;
      return mayRun.every(({ kind }) => kind === "get");
    }
    default:
      return output !== unknownOutput && saysNoEffect(input, output);
  }
}

function saysNoEffect(input: MapInput, output: MapOutput): boolean {
  switch (output.kind) {
    case "notSwapped":
      return true;
    case "count":
      return output.count === 0;
    case "value":
      return input.kind === "delete" && output.value === undefined;
    default:
      return false;
  }
}

/** What an operation that answered this left behind. */
export function changesOf(input: MapInput, output: MapOutput): MapValues {
  if (hasNoEffect(input, output)) return NOTHING;
  return input.kind === "transaction" ? changesOfSteps(transactedOf(input, output).steps) : changesIfDone(input);
}

/** What an operation leaves behind if it does what it was called for. */
export function changesIfDone(input: MapInput): MapValues {
  switch (input.kind) {
    case "get":
    case "scan":
      return NOTHING;
    case "set":
    case "compareAndSwap":
      return new Map([[input.key, input.value]]);
    case "delete":
    case "compareAndDelete":
      return new Map([[input.key, undefined]]);
    case "setMany":
      return new Map(input.entries);
    case "deleteMany":
      return new Map(input.keys.map((key) => [key, undefined]));
    case "transaction":
      return changesOfSteps(input.success);
  }
}
