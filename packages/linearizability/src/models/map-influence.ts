import { unknownOutput, type UnknownOutput } from "../model.ts";
import { isSameScalar, type Scalar } from "../scalar.ts";
import { keysOf, type MapInput, type MapOutput } from "./map-operation.ts";

/** What an operation leaves behind if it takes effect; `undefined` is absence. */
type Changes = ReadonlyMap<string, Scalar | undefined>;

/**
 * `Model.mayMatter` of the map. It may be false where the two have no key in common, where the second one overwrites
 * everything that the first one wrote without saying what was there, and where the second one said something that is
 * false right after the first one.
 */
export function mapEffectMayMatter(effect: MapInput, input: MapInput, output: MapOutput | UnknownOutput): boolean {
  const changes = changesOf(effect);
  const keys = keysOf(input);
  if (!keys.some((key) => changes.has(key))) return false;
  if (input.kind === "compareAndSwap") return maySwapAfter(effect, changes, input, output);
  if (output === unknownOutput || output.kind === "done") return !isCovered(changes, keys);
  switch (output.kind) {
    case "entries":
      return keys.every((key) => !changes.has(key) || isSameScalar(changes.get(key), entryOf(output.entries, key)));
    case "value":
      return keys.every((key) => isSameScalar(changes.get(key), output.value));
    default:
      return true;
  }
}

function maySwapAfter(
  effect: MapInput,
  changes: Changes,
  { key, expected }: Extract<MapInput, { kind: "compareAndSwap" }>,
  output: MapOutput | UnknownOutput,
): boolean {
  const value = changes.get(key);
  if (output === unknownOutput) {
    // Two swaps from one value: whichever comes first wins. Otherwise what the first one left is not what is expected,
    // and behind the second one the first one would have left the same.
    const isRival = effect.kind === "compareAndSwap" && isSameScalar(effect.expected, expected);
    return isRival || isSameScalar(value, expected);
  }
  if (output.kind === "swapped") return isSameScalar(value, expected);
  if (output.kind !== "notSwapped" || output.actual === undefined) return !isSameScalar(value, expected);
  return isSameScalar(value, output.actual.value);
}

function isCovered(changes: Changes, keys: readonly string[]): boolean {
  return [...changes.keys()].every((key) => keys.includes(key));
}

function entryOf(entries: readonly (readonly [string, Scalar])[], key: string): Scalar | undefined {
  return entries.find(([name]) => name === key)?.[1];
}

function changesOf(input: MapInput): Changes {
  switch (input.kind) {
    case "get":
    case "scan":
      return new Map();
    case "set":
    case "compareAndSwap":
      return new Map([[input.key, input.value]]);
    case "setMany":
      return new Map(input.entries);
    case "delete":
      return new Map([[input.key, undefined]]);
    case "deleteMany":
      return new Map(input.keys.map((key) => [key, undefined]));
  }
}
