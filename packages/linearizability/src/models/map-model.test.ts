import { describe, expect, test } from "vitest";
import { asked, said } from "../../test/said.ts";
import { checkLinearizability } from "../check-linearizability.ts";
import { HistoryError } from "../history-error.ts";
import { unknownOutput } from "../model.ts";
import type { Operation } from "../operation.ts";
import { createMapModel } from "./map-model.ts";
import type { MapEntry, MapInput, MapOutput } from "./map-operation.ts";

type History = readonly Operation<MapInput, MapOutput>[];

const done = { kind: "done" } as const;
const get = (key: string): MapInput => ({ kind: "get", key });
const set = (key: string, value: number): MapInput => ({ kind: "set", key, value });
const remove = (key: string): MapInput => ({ kind: "delete", key });
const setMany = (...entries: MapEntry[]): MapInput => ({ kind: "setMany", entries });
const removeMany = (...keys: string[]): MapInput => ({ kind: "deleteMany", keys });
const scan = (...keys: string[]): MapInput => ({ kind: "scan", keys });
const was = (value: number | undefined): MapOutput => ({ kind: "value", value });
const found = (...entries: MapEntry[]): MapOutput => ({ kind: "entries", entries });
const swap = (key: string, expected: number | undefined, value: number): MapInput => {
  return { kind: "compareAndSwap", key, expected, value };
};

const kindOf = (history: History): string => checkLinearizability(createMapModel(), history).kind;

const both = setMany(["x", 1], ["y", 1]);
const bothAgain = setMany(["x", 2], ["y", 2]);

describe("map", () => {
  test.each<readonly [string, History]>([
    [
      "keys that have nothing to do with each other",
      [said(1, [0, 1], set("x", 1), done), said(2, [2, 3], get("y"), was(undefined))],
    ],
    [
      "what a change found",
      [
        said(1, [0, 1], set("x", 1), was(undefined)),
        said(1, [2, 3], set("x", 2), was(1)),
        said(1, [4, 5], remove("x"), was(2)),
      ],
    ],
    [
      "a swap from absence",
      [said(1, [0, 1], swap("x", undefined, 1), { kind: "swapped" }), said(1, [2, 3], get("x"), was(1))],
    ],
    [
      "a failed swap that says what was there",
      [
        said(1, [0, 1], set("x", 1), done),
        said(1, [2, 3], swap("x", 2, 3), { kind: "notSwapped", actual: { value: 1 } }),
      ],
    ],
    [
      "a scan after all of a change of many",
      [said(1, [0, 9], both, done), said(2, [1, 2], scan("x", "y"), found(["y", 1], ["x", 1]))],
    ],
    ["a scan before all of it", [said(1, [0, 9], both, done), said(2, [1, 2], scan("x", "y"), found())]],
    [
      "a deletion of many without an answer, seen by a scan",
      [said(1, [0, 1], both, done), asked(2, 2, removeMany("x", "y")), said(1, [3, 4], scan("x", "y"), found())],
    ],
    [
      "a deletion that counts what was there",
      [said(1, [0, 1], set("x", 1), done), said(1, [2, 3], removeMany("x", "y"), { kind: "count", count: 1 })],
    ],
  ])("good: %s", (_name, history) => {
    expect(kindOf(history)).toBe("linearizable");
  });

  test.each<readonly [string, History]>([
    [
      "a scan torn between two changes of many",
      [
        said(1, [0, 1], both, done),
        said(2, [2, 9], bothAgain, done),
        said(3, [3, 4], scan("x", "y"), found(["x", 2], ["y", 1])),
      ],
    ],
    [
      "a scan torn by a change of many without an answer",
      [asked(1, 0, both), said(2, [1, 2], scan("x", "y"), found(["x", 1]))],
    ],
    [
      "two scans that see two writes in two orders",
      [
        asked(1, 0, set("x", 1)),
        asked(2, 0, set("y", 1)),
        said(3, [1, 9], scan("x", "y"), found(["x", 1])),
        said(4, [1, 9], scan("x", "y"), found(["y", 1])),
      ],
    ],
    ["a scan that misses a key", [said(1, [0, 1], both, done), said(2, [2, 3], scan("x", "y"), found(["x", 1]))]],
    [
      "a scan that finds a key it was not asked for",
      [said(1, [0, 1], both, done), said(2, [2, 3], scan("x"), found(["x", 1], ["y", 1]))],
    ],
    [
      "a deleted key that comes back",
      [said(1, [0, 1], set("x", 1), done), said(1, [2, 3], remove("x"), done), said(2, [4, 5], get("x"), was(1))],
    ],
    [
      "a lost update",
      [
        said(1, [0, 9], swap("x", undefined, 1), { kind: "swapped" }),
        said(2, [0, 9], swap("x", undefined, 2), { kind: "swapped" }),
      ],
    ],
    [
      "a count of too many",
      [said(1, [0, 1], set("x", 1), done), said(1, [2, 3], removeMany("x", "y"), { kind: "count", count: 2 })],
    ],
    [
      "a previous value that was overwritten",
      [said(1, [0, 1], set("x", 1), done), said(1, [2, 3], set("x", 2), done), said(2, [4, 5], set("x", 3), was(1))],
    ],
    [
      "a write without an answer that takes effect twice",
      [
        asked(1, 0, set("x", 1)),
        said(2, [1, 2], get("x"), was(1)),
        said(2, [3, 4], remove("x"), done),
        said(2, [5, 6], get("x"), was(1)),
      ],
    ],
  ])("bad: %s", (_name, history) => {
    expect(kindOf(history)).toBe("violation");
  });

  test("starts with what it is told", () => {
    const model = createMapModel({
      initialEntries: [
        ["y", 2],
        ["x", 1],
      ],
    });
    expect(checkLinearizability(model, [said(1, [0, 1], scan("x", "y"), found(["x", 1], ["y", 2]))]).kind).toBe(
      "linearizable",
    );
    expect(model.stateText(model.initialState)).toBe("{x = 1, y = 2}");
  });

  test("keys of one group are one part, and a scan connects groups", () => {
    const groupOf = (key: string): string => key.slice(0, 1);
    const orderCount = (history: History, options = {}): number => {
      const verdict = checkLinearizability(createMapModel(options), history);
      return verdict.kind === "linearizable" ? verdict.orders.length : 0;
    };
    const history = ["a1", "a2", "b1"].map((key, index) => said(index, [0, 1], set(key, 1), done));
    expect(orderCount(history)).toBe(3);
    expect(orderCount(history, { groupOf })).toBe(2);
    expect(orderCount([...history, said(9, [2, 3], scan("a1", "b1"), found(["a1", 1], ["b1", 1]))])).toBe(2);
    expect(orderCount([...history, asked(9, 2, scan("a1", "b1"))])).toBe(3);
  });

  test("what is wrong with one key is said of that key, also where scans connect many", () => {
    const history = [
      said(1, [0, 1], both, done),
      said(2, [2, 3], scan("x", "y"), found(["x", 1], ["y", 1])),
      said(1, [4, 5], set("x", 2), done),
      said(2, [6, 7], scan("x", "y"), found(["x", 1], ["y", 1])),
    ];
    const verdict = checkLinearizability(createMapModel(), history);
    expect(verdict.kind === "violation" && verdict.violation.partNames).toEqual(["x"]);
  });

  test("a scan that finds one key twice and misses another is refused, also without a look at each key", () => {
    const model = { ...createMapModel(), viewsOf: () => [] };
    const history = [said(1, [0, 1], both, done), said(2, [2, 3], scan("x", "y"), found(["x", 1], ["x", 1]))];
    expect(checkLinearizability(model, history).kind).toBe("violation");
  });

  test("values that print alike are not equal", () => {
    const history = [
      said(1, [0, 1], { kind: "set", key: "x", value: "1" } as const, done),
      said(1, [2, 3], get("x"), was(1)),
    ];
    expect(kindOf(history)).toBe("violation");
  });

  test("an answer that makes no sense is a mistake of the recorder", () => {
    expect(() => kindOf([said(1, [0, 1], get("x"), done)])).toThrow(HistoryError);
    expect(() => kindOf([said(1, [0, 1], scan("x"), was(1))])).toThrow('"scan x" cannot answer "value"');
    expect(() => kindOf([said(1, [0, 1], swap("x", 1, 2), done)])).toThrow(HistoryError);
    expect(() => kindOf([said(1, [0, 1], setMany(["x", 1]), was(1))])).toThrow(HistoryError);
  });

  test("operations in words", () => {
    const { operationText } = createMapModel();
    expect(operationText(get("x"), was(undefined))).toBe("get x -> absent");
    expect(operationText(set("a key", 1), done)).toBe('set "a key" = 1 -> done');
    expect(operationText(both, unknownOutput)).toBe("set x = 1, y = 1 at once -> ?");
    expect(operationText(removeMany("x", "y"), { kind: "count", count: 1 })).toBe("delete x, y at once -> 1 deleted");
    expect(operationText(swap("x", undefined, 1), { kind: "notSwapped", actual: { value: 4 } })).toBe(
      "swap x from absent to 1 -> not swapped, was 4",
    );
    expect(operationText(scan("x"), found(["x", 1]))).toBe("scan x -> {x = 1}");
  });
});
