import { unknownOutput, type UnknownOutput, type View } from "../model.ts";
import { keysOf, type MapInput, type MapOutput, type MapStep, type MapTransaction } from "./map-operation.ts";
import { transactedOf } from "./map-steps.ts";

type MapView = View<MapInput, MapOutput>;

/** `Model.viewsOf` of the map: every key alone. */
export function mapViewsOf(input: MapInput, output: MapOutput | UnknownOutput): readonly MapView[] {
  switch (input.kind) {
    case "setMany": {
      const values = new Map(input.entries);
      return [...values].map(([key, value]) => ({ name: key, input: { kind: "set", key, value }, output }));
    }
    case "deleteMany": {
      const keys = [...new Set(input.keys)];
      return keys.map((key) => ({ name: key, input: { kind: "delete", key }, output: ofOneKey(output, keys.length) }));
    }
    case "scan":
      return keysOf(input).map((key) => ({ name: key, input: { kind: "get", key }, output: seenOf(output, key) }));
    case "transaction": {
      if (output === unknownOutput) return keysOf(input).flatMap((key) => possibleViewsOf(input, key));
      return keysOf(input).map((key) => answeredViewOf(input, output, key));
    }
    default:
      return [{ name: input.key, input, output }];
  }
}

/** How many keys there were says something of each one if it was none of them or all. */
function ofOneKey(output: MapOutput | UnknownOutput, keyCount: number): MapOutput | UnknownOutput {
  if (output === unknownOutput || output.kind !== "count") return output;
  if (output.count === 0 || output.count === keyCount) return { kind: "count", count: output.count === 0 ? 0 : 1 };
  return { kind: "done" };
}

function seenOf(output: MapOutput | UnknownOutput, key: string): MapOutput | UnknownOutput {
  if (output === unknownOutput || output.kind !== "entries") return output;
  return { kind: "value", value: output.entries.find(([name]) => name === key)?.[1] };
}

/** If a transaction failed, a condition was false, but it need not have been that of this key. */
function answeredViewOf(input: MapTransaction, output: MapOutput, name: string): MapView {
  const { succeeded, steps, values } = transactedOf(input, output);
  const isHere = ({ key }: { readonly key: string }): boolean => key === name;
  const gets = steps.filter(({ kind }) => kind === "get");
  const seen = { kind: "transacted", values: values.filter((_, index) => gets[index]?.key === name) } as const;
  const ran = steps.filter(isHere);
  if (!succeeded && input.conditions.every(isHere)) {
    return { name, input: { ...input, success: [], failure: ran }, output: { ...seen, succeeded } };
  }
  const conditions = succeeded ? input.conditions.filter(isHere) : [];
  return {
    name,
    input: { kind: "transaction", conditions, success: ran, failure: [] },
    output: { ...seen, succeeded: true },
  };
}

/**
 * Where conditions on other keys decide, either list of steps may have run, whatever this key had: two operations of
 * which each may have taken effect. That both may is more than is true, and nothing that is true is missing.
 */
function possibleViewsOf({ conditions, success, failure }: MapTransaction, name: string): readonly MapView[] {
  const viewOf = (input: Omit<MapTransaction, "kind">): MapView => {
    return { name, input: { kind: "transaction", ...input }, output: unknownOutput };
  };
  const isHere = ({ key }: { readonly key: string }): boolean => key === name;
  const changing = (steps: readonly MapStep[]): MapStep[] => {
    return steps.filter((step) => step.kind !== "get" && isHere(step));
  };
  const here = { conditions: conditions.filter(isHere), success: changing(success) };
  if (conditions.every(isHere)) return [viewOf({ ...here, failure: changing(failure) })];
  const ifSucceeded = viewOf({ ...here, failure: [] });
  if (changing(failure).length === 0) return [ifSucceeded];
  const ifFailed = viewOf({ conditions: [], success: changing(failure), failure: [] });
  return here.success.length === 0 ? [ifFailed] : [ifSucceeded, ifFailed];
}
