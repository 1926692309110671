import { compareKeys, type KeyChange, type KeyValueEntry } from "@aspenjs/api";

/** One thing that a command did to one key, among others that it did to the same. */
export interface KeyStep {
  readonly key: string;
  readonly previous: KeyValueEntry | undefined;
  readonly entry: KeyValueEntry | undefined;
}

/** H2: what is left of all steps in the end, each key once, in key order. */
export function netChanges(steps: readonly KeyStep[]): readonly KeyChange[] {
  const [first] = steps;
  if (first === undefined || steps.length === 1) return changesOf(first);
  const byKey = new Map<string, KeyStep>();
  for (const step of steps) {
    const earlier = byKey.get(step.key);
    byKey.set(step.key, earlier === undefined ? step : { ...step, previous: earlier.previous });
  }
  return [...byKey.values()].sort((left, right) => compareKeys(left.key, right.key)).flatMap(changesOf);
}

/** None for a key that was not there before and is not there now. */
function changesOf(step: KeyStep | undefined): readonly KeyChange[] {
  if (step === undefined) return [];
  const { key, previous, entry } = step;
  if (entry !== undefined) return [{ kind: "put", entry, ...(previous === undefined ? {} : { previous }) }];
  return previous === undefined ? [] : [{ kind: "delete", key, previous }];
}
