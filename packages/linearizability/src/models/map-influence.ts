import { unknownOutput, type UnknownOutput } from "../model.ts";
import { isSameScalar } from "../scalar.ts";
import { keysOf, type MapCondition, type MapInput, type MapOutput } from "./map-operation.ts";
import type { MapValues } from "./map-steps.ts";
import { mapWaysOf, type MapWay } from "./map-way.ts";

/** `Model.mayMatter` of the map: it may if in some way that the first one may go it matters to some way of the second. */
export function mapEffectMayMatter(effect: MapInput, input: MapInput, output: MapOutput | UnknownOutput): boolean {
  const keys = keysOf(effect);
  if (!keysOf(input).some((key) => keys.includes(key))) return false;
  const ways = mapWaysOf(input, output);
  return mapWaysOf(effect, unknownOutput).some((first) => ways.some((second) => mayWayMatter(first, second)));
}

function mayWayMatter(first: MapWay, second: MapWay): boolean {
  if (isImpossibleAfter(first, second)) return false;
  if (dependsOn(second, first.changes)) return true;
  // The second one goes this way without the first one as well.
  const keys = [...first.changes.keys()];
  const overwrittenCount = keys.filter((key) => second.changes.has(key)).length;
  if (overwrittenCount > 0) return overwrittenCount < keys.length;
  // Neither touches what the other one changes, unless the first one, if it came later, would go another way.
  return dependsOn(first, second.changes);
}

/** Is what the second way takes false right after the first one? */
function isImpossibleAfter({ needs, changes }: MapWay, second: MapWay): boolean {
  const isKnown = (key: string): boolean => changes.has(key) || needs.has(key);
  const isTrue = ({ key, expected }: MapCondition): boolean => {
    return isSameScalar(changes.has(key) ? changes.get(key) : needs.get(key), expected);
  };
  if ([...second.needs].some(([key, expected]) => isKnown(key) && !isTrue({ key, expected }))) return true;
  return second.barred.some((group) => group.every((condition) => isKnown(condition.key) && isTrue(condition)));
}

function dependsOn({ needs, barred }: MapWay, changes: MapValues): boolean {
  for (const key of changes.keys()) {
    if (needs.has(key) || barred.some((group) => group.some((condition) => condition.key === key))) return true;
  }
  return false;
}
