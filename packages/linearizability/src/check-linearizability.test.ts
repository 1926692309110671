import { describe, expect, test } from "vitest";
import { Random } from "../test/random.ts";
import { RealSwapRegister } from "../test/real-objects.ts";
import { recordRun } from "../test/recorded-run.ts";
import { asked, said } from "../test/said.ts";
import { checkLinearizability } from "./check-linearizability.ts";
import { HistoryError } from "./history-error.ts";
import { refused, type Model } from "./model.ts";
import { createCounterModel } from "./models/counter-model.ts";
import { createMapModel } from "./models/map-model.ts";
import type { MapInput, MapOutput } from "./models/map-operation.ts";
import { createRegisterModel } from "./models/register-model.ts";
import { createSwapRegisterModel } from "./models/swap-register-model.ts";
import type { Operation } from "./operation.ts";

const read = { kind: "read" } as const;
const write = (value: number) => ({ kind: "write", value }) as const;
const register = createRegisterModel<number>(0);
const done = { kind: "done" } as const;

describe("histories that cannot have been recorded are refused", () => {
  test.each([
    ["a return before the call", [said(1, [5, 4], read, 0)], "returned at 4, before it was invoked at 5"],
    ["a call at no time", [asked(1, NaN, read)], "invoked at NaN"],
    ["a return at no time", [said(1, [0, Infinity], read, 0)], "if nobody knows, its outcome is unknown"],
  ])("%s", (_name, history, message) => {
    expect(() => checkLinearizability(register, history)).toThrow(HistoryError);
    expect(() => checkLinearizability(register, history)).toThrow(message);
  });

  test("two calls of one process at once, if processes are said to be sequential", () => {
    const history = [said(1, [0, 5], read, 0), said(2, [1, 2], read, 0), said(1, [4, 6], read, 0)];
    const message = "process 1 invoked operation 2 at 4, before operation 0 had returned at 5";
    expect(() => checkLinearizability(register, history, { areProcessesSequential: true })).toThrow(message);
    expect(checkLinearizability(register, history).kind).toBe("linearizable");
    const withoutAnswer = [said(1, [0, 5], read, 0), asked(1, 3, write(1))];
    expect(() => checkLinearizability(register, withoutAnswer, { areProcessesSequential: true })).toThrow(HistoryError);
  });

  test("a process may go on at the time of its return, and after a call that it gave up", () => {
    const history = [said(1, [0, 5], read, 0), asked(1, 5, write(1)), said(1, [6, 7], read, 0)];
    expect(checkLinearizability(register, history, { areProcessesSequential: true }).kind).toBe("linearizable");
  });
});

describe("bounds", () => {
  const random = new Random(3);
  const shape = { operationCount: 400, processCount: 12, unknownPercent: 10, spread: 12 };
  const nextInput = () => (random.below(2) === 0 ? read : write(random.below(3)));
  const good = recordRun(new RealSwapRegister(), nextInput, random, shape);
  const model = createSwapRegisterModel<number>(0);

  test.each(["stepsMax", "configurationsMax"] as const)("beyond %s nothing is claimed", (limit) => {
    expect(checkLinearizability(model, good).kind).toBe("linearizable");
    const verdict = checkLinearizability(model, good, { [limit]: 100 });
    expect(verdict).toMatchObject({ kind: "undecided", unfinished: [{ operationCount: expect.any(Number), limit }] });
    expect(verdict.steps).toBeLessThan(1_000);
  });

  test("a part that is bad is found beside one that is not finished", () => {
    const history: Operation<MapInput, MapOutput>[] = good.map((operation) => {
      const { processId, invokedAt, input, outcome } = operation;
      if (input.kind === "write") {
        const returned = outcome.kind === "returned" ? { ...outcome, output: done } : outcome;
        return { processId, invokedAt, input: { kind: "set", key: "big", value: input.value }, outcome: returned };
      }
      return asked(processId, invokedAt, { kind: "get", key: "big" });
    });
    const seen = { kind: "value", value: 9 } as const;
    const bad = [...history, said("late", [0, 1], { kind: "get", key: "small" } as const, seen)];
    const verdict = checkLinearizability(createMapModel(), bad, { stepsMax: 50 });
    expect(verdict.kind === "violation" && verdict.violation.partNames).toEqual(["small"]);
    expect(checkLinearizability(createMapModel(), history, { stepsMax: 50 }).kind).toBe("undecided");
  });

  test("a violation is one even if no step is left to make it smaller", () => {
    const history = [said(1, [0, 1], write(1), undefined), said(1, [2, 3], read, 1), said(2, [4, 5], read, 7)];
    const large = checkLinearizability(register, history, { shrinkStepsMax: 0 });
    const small = checkLinearizability(register, history);
    expect(large.kind === "violation" && large.violation.conflict.length).toBe(3);
    expect(small.kind === "violation" && small.violation.conflict).toEqual([history[2]]);
  });

  test("a history of 50,000 operations one after the other does not exhaust the stack", () => {
    const history = Array.from({ length: 50_000 }, (_, index) => {
      return said(index % 7, [index, index], { kind: "increment", by: 1 } as const, index + 1);
    });
    const spread = history.map((operation, index) => ({
      ...operation,
      invokedAt: 2 * index,
      outcome: { kind: "returned" as const, output: index + 1, returnedAt: 2 * index + 1 },
    }));
    const verdict = checkLinearizability(createCounterModel(), spread);
    expect(verdict.kind === "linearizable" && verdict.orders[0]?.length).toBe(50_000);
    expect(verdict.steps).toBe(50_000);
  });
});

describe("answers that cannot come true", () => {
  test("end the search at once, however many writes are concurrent", () => {
    const writes = Array.from({ length: 16 }, (_, index) => said(index, [10, 20], write(10 + index), undefined));
    const early = said("writer", [0, 1], write(1), undefined);
    const stale = said("reader", [10, 20], read, 2);
    const verdict = checkLinearizability(register, [early, ...writes, stale], { shrinkStepsMax: 0 });
    expect(verdict.kind).toBe("violation");
    expect(verdict.steps).toBeLessThan(100);
  });
});

describe("operations without an answer", () => {
  test("a hundred unseen writes cost next to nothing", () => {
    const unseen = Array.from({ length: 100 }, (_, index) => asked(index, 0, write(100 + index)));
    const seen = [1, 2, 3].map((value, index) => said("writer", [3 * index, 3 * index + 1], write(value), undefined));
    const stale = said("reader", [20, 21], read, 2);
    const verdict = checkLinearizability(register, [...unseen, ...seen, stale]);
    expect(verdict.kind).toBe("violation");
    expect(verdict.steps).toBeLessThan(500);
  });
});

describe("violations", () => {
  const writes = Array.from({ length: 60 }, (_, index) =>
    said("writer", [10 * index, 10 * index + 5], write(index + 1), undefined),
  );
  const reads = Array.from({ length: 60 }, (_, index) =>
    said("reader", [10 * index + 6, 10 * index + 9], read, index + 1),
  );
  const stale = said("other", [605, 606], read, 20);
  const verdict = checkLinearizability(register, [...writes, ...reads, stale]);
  if (verdict.kind !== "violation") throw new Error("the read is stale");
  const { violation } = verdict;

  test("of 121 operations only the answers that contradict each other are named", () => {
    expect(violation.conflict.length).toBe(3);
    expect(violation.conflict).toContain(stale);
    expect(violation.conflict.length + violation.others.length).toBe(121);
    expect(violation.endsAt).toBe(606);
    expect(violation.deadEnd.stuck).toEqual([stale]);
  });

  test("what is named is what was recorded, not a copy", () => {
    const recorded = new Set<unknown>([...writes, ...reads, stale]);
    const { conflict, others, deadEnd } = violation;
    for (const operation of [...conflict, ...others, ...deadEnd.order, ...deadEnd.stuck]) {
      expect(recorded.has(operation)).toBe(true);
    }
  });

  test("the same history has the same verdict every time", () => {
    expect(checkLinearizability(register, [...writes, ...reads, stale])).toEqual(verdict);
  });
});

/** First in, first out: nothing but what a model must have. */
const queue: Model<readonly number[], { readonly add: number } | "take", number | undefined> = {
  name: "queue",
  initialState: [],
  step: (state, input, output) => {
    if (input !== "take") return [...state, input.add];
    return typeof output === "symbol" || output === state[0] ? state.slice(1) : refused;
  },
  stateKey: (state) => state.join(),
  stateText: (state) => state.join(", "),
  operationText: (input, output) => `${JSON.stringify(input)} ${String(output)}`,
};

describe("a model of one's own needs five members", () => {
  test.each<readonly [string, "linearizable" | "violation", readonly number[]]>([
    ["in order", "linearizable", [1, 2]],
    ["out of order", "violation", [2, 1]],
    ["one twice", "violation", [1, 1]],
  ])("%s", (_name, expected, taken) => {
    const takes = taken.map((value, index) => said(1, [10 + index * 2, 11 + index * 2], "take" as const, value));
    const history = [said(1, [0, 1], { add: 1 }, undefined), asked(2, 2, { add: 2 }), ...takes];
    expect(checkLinearizability(queue, history).kind).toBe(expected);
  });
});
