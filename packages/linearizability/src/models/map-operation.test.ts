import { expect, test } from "vitest";
import { unknownOutput } from "../model.ts";
import type { Scalar } from "../scalar.ts";
import { createMapModel } from "./map-model.ts";
import type { MapCondition, MapInput, MapOutput, MapStep } from "./map-operation.ts";

type Value = Scalar | undefined;

const get = (key: string) => ({ kind: "get", key }) as const;
const set = (key: string, value: number) => ({ kind: "set", key, value }) as const;
const remove = (key: string) => ({ kind: "delete", key }) as const;
const has = (key: string, expected: Value): MapCondition => ({ key, expected });
const removeIf = (key: string, expected: Value): MapInput => ({ kind: "compareAndDelete", key, expected });
const transacted = (succeeded: boolean, ...values: Value[]): MapOutput => ({ kind: "transacted", succeeded, values });
const where = (
  conditions: readonly MapCondition[],
  success: readonly MapStep[],
  failure: readonly MapStep[] = [],
): MapInput => ({ kind: "transaction", conditions, success, failure });
const always = (...success: MapStep[]): MapInput => where([], success);

test("transactions and conditional deletions in words", () => {
  const { operationText } = createMapModel();
  expect(operationText(always(set("x", 1), set("y", 1)), unknownOutput)).toBe("always: set x = 1, set y = 1 -> ?");
  expect(operationText(where([has("x", 1), has("a key", undefined)], [], [remove("x")]), transacted(false))).toBe(
    'if x = 1, "a key" = absent: nothing; else: delete x -> failed',
  );
  expect(operationText(always(get("x"), get("y")), transacted(true, 1, undefined))).toBe(
    "always: get x, get y -> succeeded, saw 1, absent",
  );
  expect(operationText(removeIf("x", 1), { kind: "swapped" })).toBe("delete x if 1 -> deleted");
  expect(operationText(removeIf("x", undefined), { kind: "notSwapped", actual: { value: "swapped" } })).toBe(
    'delete x if absent -> not deleted, was "swapped"',
  );
});

test("inputs that differ have keys that differ", () => {
  const { inputKey } = createMapModel();
  const names = ["x", "else", "absent", "1", "x = 1", "x, get x", "nothing; else: get x", 'x"'];
  const steps = names.flatMap((name): MapStep[] => [get(name), remove(name), set(name, 1)]);
  const inputs = [
    ...steps,
    ...names.flatMap((name) => [
      removeIf(name, 1),
      removeIf(name, undefined),
      { kind: "deleteMany", keys: [name] } as const,
    ]),
    ...steps.flatMap((step) => [
      always(step),
      always(step, step),
      where([], [], [step]),
      where([], [step], [step]),
      where([has("x", 1)], [step]),
      where([has("x", "1")], [step]),
      where([has("x", undefined)], [step]),
      where([has("x", 1)], [], [step]),
      where([has("x", 1)], [step], [step]),
      where([has("x", 1), has("else", 1)], [step]),
    ]),
  ];
  expect(new Set(inputs.map((input) => inputKey?.(input))).size).toBe(inputs.length);
});
