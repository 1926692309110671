import { describe, expect, test } from "vitest";
import { asked, said } from "../../test/said.ts";
import { checkLinearizability } from "../check-linearizability.ts";
import { HistoryError } from "../history-error.ts";
import type { Operation } from "../operation.ts";
import { createCounterModel, type CounterInput } from "./counter-model.ts";
import { createKeyedModel } from "./keyed-model.ts";

type History = readonly Operation<CounterInput, number>[];

const read = { kind: "read" } as const;
const one = { kind: "increment", by: 1 } as const;
const kindOf = (history: History): string => checkLinearizability(createCounterModel(), history).kind;

describe("counter", () => {
  test.each<readonly [string, History]>([
    ["increments that finish the other way round", [said(1, [0, 9], one, 2), said(2, [1, 8], one, 1)]],
    ["a hole where an increment had no answer", [asked(1, 0, one), said(2, [1, 2], one, 2)]],
    [
      "an increment without an answer that comes late",
      [asked(1, 0, one), said(2, [1, 2], one, 1), said(2, [3, 4], read, 2)],
    ],
  ])("good: %s", (_name, history) => {
    expect(kindOf(history)).toBe("linearizable");
  });

  test.each<readonly [string, History]>([
    ["two increments with one answer", [said(1, [0, 9], one, 1), said(2, [0, 9], one, 1)]],
    ["a number that nobody was given", [said(1, [0, 1], one, 1), said(2, [2, 3], one, 3)]],
    ["a read that goes back", [said(1, [0, 1], one, 1), said(2, [2, 3], read, 0)]],
    ["an increment without an answer that counts twice", [asked(1, 0, one), said(2, [1, 2], one, 3)]],
    ["a hole before the increment that left it was called", [said(2, [1, 2], one, 2), asked(1, 3, one)]],
  ])("bad: %s", (_name, history) => {
    expect(kindOf(history)).toBe("violation");
  });

  test("goes up only", () => {
    expect(() => kindOf([said(1, [0, 1], { kind: "increment", by: -1 }, -1)])).toThrow(HistoryError);
  });

  test("hundreds of increments without an answer cost no more than one", () => {
    const lost = Array.from({ length: 300 }, (_, index) => asked(index, 0, one));
    const seen = [100, 200, 300].map((value, index) => said("reader", [1 + index, 1 + index], read, value));
    expect(checkLinearizability(createCounterModel(), [...lost, ...seen], { stepsMax: 20_000 }).kind).toBe(
      "linearizable",
    );
    const tooMany = said("reader", [9, 9], read, 301);
    expect(checkLinearizability(createCounterModel(), [...lost, ...seen, tooMany], { stepsMax: 20_000 }).kind).toBe(
      "violation",
    );
  });
});

describe("many counters by key", () => {
  const model = createKeyedModel(createCounterModel());
  const at = (key: string, input: CounterInput): { key: string; input: CounterInput } => ({ key, input });

  test("each one counts for itself", () => {
    const verdict = checkLinearizability(model, [
      said(1, [0, 1], at("a", one), 1),
      said(2, [2, 3], at("b", one), 1),
      said(3, [4, 5], at("a", read), 1),
    ]);
    expect(verdict.kind === "linearizable" && verdict.orders.length).toBe(2);
  });

  test("what is wrong with one is said of that one", () => {
    const verdict = checkLinearizability(model, [said(1, [0, 1], at("a", one), 1), said(2, [2, 3], at("b", one), 2)]);
    expect(verdict.kind === "violation" && verdict.violation.partNames).toEqual(["b"]);
    expect(model.operationText(at("b", one), 2)).toBe("b: add 1 -> 2");
  });

  test("as a whole, without parts, it is the same object", () => {
    const step = (states: ReadonlyMap<string, number>, key: string, output: number) =>
      model.step(states, at(key, one), output);
    const first = step(model.initialState, "b", 1) as ReadonlyMap<string, number>;
    const second = step(first, "a", 1) as ReadonlyMap<string, number>;
    expect(model.stateText(second)).toBe("a: 1; b: 1");
    expect(model.stateKey(second)).not.toBe(model.stateKey(first));
  });
});
