import fc from "fast-check";
import type { Operation } from "../src/operation.ts";
import type { ModelCase } from "./model-cases.ts";
import { Random } from "./random.ts";
import { recordRun } from "./recorded-run.ts";

export type History<Input, Output> = readonly Operation<Input, Output>[];

const OPERATIONS_MAX = 6;

/** Small, and most of them bad. */
export function arbitraryHistory<State, Input, Output>({
  call,
}: ModelCase<State, Input, Output>): fc.Arbitrary<History<Input, Output>> {
  const time = fc.integer({ min: 0, max: 11 });
  const operation = fc.record({
    call,
    time,
    duration: fc.integer({ min: 0, max: 7 }),
    answered: fc.integer({ max: 9, min: 0 }),
  });
  return fc.array(operation, { maxLength: OPERATIONS_MAX }).map((drafts): Operation<Input, Output>[] => {
    return drafts.map(({ call: [input, output], time: invokedAt, duration, answered }, processId) => ({
      processId,
      input,
      invokedAt,
      outcome: answered < 3 ? { kind: "unknown" } : { kind: "returned", output, returnedAt: invokedAt + duration },
    }));
  });
}

/** Small, recorded from a real object; in two of three one answer is then replaced by another one. */
export function recordedHistory<State, Input, Output>({
  call,
  createObject,
}: ModelCase<State, Input, Output>): fc.Arbitrary<History<Input, Output>> {
  const calls = fc.array(call, { minLength: 2, maxLength: OPERATIONS_MAX });
  return fc.record({ calls, seed: fc.nat(), replaced: fc.nat(), isSpoilt: fc.nat({ max: 2 }) }).map((draft) => {
    const random = new Random(draft.seed);
    const inputs = draft.calls.map(([input]) => input);
    const shape = { operationCount: inputs.length, processCount: 3, unknownPercent: 25, spread: 3 };
    const operations = recordRun(createObject(random), () => inputs.shift() as Input, random, shape);
    const index = draft.replaced % operations.length;
    const operation = operations[index];
    if (draft.isSpoilt === 0 || operation?.outcome.kind !== "returned") return operations;
    const output = draft.calls[index]?.[1] as Output;
    return operations.with(index, { ...operation, outcome: { ...operation.outcome, output } });
  });
}
