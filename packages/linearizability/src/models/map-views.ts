import { unknownOutput, type UnknownOutput, type View } from "../model.ts";
import { keysOf, type MapInput, type MapOutput } from "./map-operation.ts";

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
