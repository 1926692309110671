import { unknownOutput, type UnknownOutput } from "../model.ts";
import { changesIfDone, changesOf } from "./map-effect.ts";
import { keysOf, type MapCondition, type MapInput, type MapOutput } from "./map-operation.ts";
import { changesOfSteps, seenBySteps, transactedOf, type MapValues } from "./map-steps.ts";

/**
 * One way in which an operation may go. Which way it goes, and whether it may say what it said, depends on no other
 * keys than those of `needs` and `barred`.
 */
export interface MapWay {
  /** What these keys have before it. */
  readonly needs: MapValues;
  /** In each of these groups some condition is false before it. */
  readonly barred: readonly (readonly MapCondition[])[];
  /** What it leaves behind. */
  readonly changes: MapValues;
}

/** With an answer there is one way. Without one there may be several; those that change nothing are left out. */
export function mapWaysOf(input: MapInput, output: MapOutput | UnknownOutput): readonly MapWay[] {
  if (output === unknownOutput) return waysWithoutAnswer(input).filter(({ changes }) => changes.size > 0);
  return [{ needs: neededBy(input, output), barred: barredBy(input, output), changes: changesOf(input, output) }];
}

function waysWithoutAnswer(input: MapInput): readonly MapWay[] {
  const changes = changesIfDone(input);
  switch (input.kind) {
    case "compareAndSwap":
    case "compareAndDelete":
      return [{ needs: needsOf([input]), barred: [], changes }];
    case "transaction": {
      const { conditions, failure } = input;
      return [
        { needs: needsOf(conditions), barred: [], changes },
        { needs: new Map(), barred: [conditions], changes: changesOfSteps(failure) },
      ];
    }
    default:
      return [{ needs: new Map(), barred: [], changes }];
  }
}

function neededBy(input: MapInput, output: MapOutput): MapValues {
  switch (output.kind) {
    case "done":
      return new Map();
    case "value":
      return new Map(keysOf(input).map((key) => [key, output.value]));
    case "entries": {
      const entries = new Map(output.entries);
      return new Map(keysOf(input).map((key) => [key, entries.get(key)]));
    }
    case "count":
      return new Map(output.count === 0 ? keysOf(input).map((key) => [key, undefined]) : []);
    case "swapped":
      return "expected" in input ? needsOf([input]) : new Map();
    case "notSwapped":
      return new Map(output.actual === undefined ? [] : keysOf(input).map((key) => [key, output.actual?.value]));
    case "transacted": {
      if (input.kind !== "transaction") return new Map();
      const seen = seenBySteps(transactedOf(input, output).steps, output.values);
      return output.succeeded ? new Map([...needsOf(input.conditions), ...seen]) : seen;
    }
  }
}

function barredBy(input: MapInput, output: MapOutput): readonly (readonly MapCondition[])[] {
  switch (output.kind) {
    case "count": {
      if (output.count === 0) return [];
      const absences = [...new Set(keysOf(input))].map((key): MapCondition => ({ key, expected: undefined }));
      return output.count === absences.length ? absences.map((absence) => [absence]) : [absences];
    }
    case "notSwapped":
      return "expected" in input ? [[input]] : [];
    case "transacted":
      return input.kind === "transaction" && !output.succeeded ? [input.conditions] : [];
    default:
      return [];
  }
}

function needsOf(conditions: readonly MapCondition[]): MapValues {
  return new Map(conditions.map(({ key, expected }) => [key, expected]));
}
