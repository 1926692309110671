/** What a model promises about itself lets the search leave branches out. A broken promise is a wrong verdict. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkLinearizability } from "../src/check-linearizability.ts";
import { refused, unknownOutput, type Model, type UnknownOutput } from "../src/model.ts";
import { endOf, type Operation } from "../src/operation.ts";
import { viewsOf } from "../src/views.ts";
import {
  counterCase,
  keyedCounterCase,
  lockCase,
  mapCase,
  registerCase,
  swapRegisterCase,
  type ModelCase,
} from "./model-cases.ts";
import { Random } from "./random.ts";
import { recordRun } from "./recorded-run.ts";
import { transactionCase } from "./transaction-case.ts";

const RUNS = 5_000;
const SEED = 7_301;

/** Some state that calls without answers lead to. */
function someState<State, Input, Output>({ model, call }: ModelCase<State, Input, Output>): fc.Arbitrary<State> {
  return fc.array(call, { maxLength: 4 }).map((calls) => {
    let state = model.initialState;
    for (const [input] of calls) {
      const next = model.step(state, input, unknownOutput);
      if (next !== refused) state = next;
    }
    return state;
  });
}

/** The keys of the states after a list of calls, or "refused". */
function keyAfter<State, Input, Output>(
  model: Model<State, Input, Output>,
  start: State,
  calls: readonly (readonly [Input, Output | UnknownOutput])[],
): unknown {
  let state = start;
  for (const [input, output] of calls) {
    const next = model.step(state, input, output);
    if (next === refused) return "refused";
    state = next;
  }
  return [model.stateKey(state)];
}

function isSame(left: unknown, right: unknown): boolean {
  return left !== "refused" && JSON.stringify(left) === JSON.stringify(right);
}

function suite<State, Input, Output>(name: string, modelCase: ModelCase<State, Input, Output>): void {
  const { model, call, createObject } = modelCase;
  const answered = fc.record({ start: someState(modelCase), effect: call, next: call, isUnknown: fc.boolean() });

  describe(name, () => {
    test("what may not matter can be left out or moved behind", () => {
      let promiseCount = 0;
      const property = fc.property(answered, ({ start, effect, next, isUnknown }) => {
        const last = [next[0], isUnknown ? unknownOutput : next[1]] as const;
        const first = [effect[0], unknownOutput] as const;
        if (model.mayMatter?.(effect[0], ...last) !== false) return;
        if (isUnknown && model.isRead?.(next[0], unknownOutput) === true) return;
        const both = keyAfter(model, start, [first, last]);
        if (both === "refused") return;
        if (isUnknown && isSame(both, keyAfter(model, start, [first]))) return;
        promiseCount += 1;
        const without = keyAfter(model, start, [last]);
        expect(isSame(both, without) || isSame(both, keyAfter(model, start, [last, first]))).toBe(true);
      });
      fc.assert(property, { numRuns: RUNS, seed: SEED });
      expect(promiseCount > 0).toBe(name !== "lock");
    });

    test("a read leaves nothing behind that makes another operation possible", () => {
      const property = fc.property(answered, ({ start, effect, next, isUnknown }) => {
        const read = [effect[0], isUnknown ? unknownOutput : effect[1]] as const;
        if (model.isRead?.(...read) !== true || keyAfter(model, start, [read, next]) === "refused") return;
        expect(keyAfter(model, start, [next])).not.toBe("refused");
      });
      fc.assert(property, { numRuns: RUNS, seed: SEED });
    });

    test("a lost answer does not come back", () => {
      const property = fc.property(
        someState(modelCase),
        call,
        fc.array(call, { maxLength: 4 }),
        (start, lost, calls) => {
          if (model.isLost?.(start, ...lost) !== true) return;
          const between = calls.map(([input]) => [input, unknownOutput] as const);
          expect(keyAfter(model, start, [...between, lost])).toBe("refused");
        },
      );
      fc.assert(property, { numRuns: RUNS, seed: SEED });
    });

    test("inputs with one key do the same in every state", () => {
      const property = fc.property(answered, ({ start, effect, next }) => {
        if (model.inputKey === undefined || model.inputKey(effect[0]) !== model.inputKey(next[0])) return;
        const left = keyAfter(model, start, [[effect[0], unknownOutput]]);
        expect(left).toEqual(keyAfter(model, start, [[next[0], unknownOutput]]));
      });
      fc.assert(property, { numRuns: RUNS, seed: SEED });
    });

    test("a good history is good in every view, also where answers are disregarded", () => {
      const calls = fc.array(call, { minLength: 2, maxLength: 12 });
      const property = fc.property(calls, fc.nat(), (drafts, seed) => {
        const random = new Random(seed);
        const left = drafts.map(([input]) => input);
        const shape = { operationCount: left.length, processCount: 4, unknownPercent: 10, spread: 4 };
        const history = recordRun(createObject(random), () => left.shift() as Input, random, shape);
        const relaxed = history.map((operation): Operation<Input, Output> => {
          return random.below(3) > 0 ? operation : { ...operation, outcome: { kind: "unknown" } };
        });
        for (const view of viewsOf(model, relaxed)) {
          const disregarded = view.operations.flatMap((operation) => {
            return random.below(3) > 0 ? [operation] : view.withoutAnswer(operation);
          });
          expect(checkLinearizability(model, view.operations).kind).toBe("linearizable");
          expect(checkLinearizability(model, disregarded).kind).toBe("linearizable");
        }
      });
      fc.assert(property, { numRuns: 1_000, seed: SEED });
    });

    test("a real object never says what the model refuses, and its histories are accepted at any concurrency", () => {
      const inputs = fc.array(call, { minLength: 60, maxLength: 120 });
      const property = fc.property(inputs, fc.nat(), fc.integer({ min: 1, max: 16 }), (calls, seed, spread) => {
        const random = new Random(seed);
        const left = calls.map(([input]) => input);
        const shape = { operationCount: left.length, processCount: 20, unknownPercent: 5, spread };
        const history = recordRun(createObject(random), () => left.shift() as Input, random, shape);
        const verdict = checkLinearizability(model, history, { areProcessesSequential: true });
        expect(verdict.kind).toBe("linearizable");
        expect(history.some((operation) => endOf(operation) > operation.invokedAt)).toBe(spread > 0);
      });
      fc.assert(property, { numRuns: 100, seed: SEED });
    });
  });
}

suite("register", registerCase);
suite("compare-and-swap register", swapRegisterCase);
suite("counter", counterCase);
suite("lock", lockCase);
suite("map", mapCase);
suite("map with transactions", transactionCase);
suite("counters by key", keyedCounterCase);
