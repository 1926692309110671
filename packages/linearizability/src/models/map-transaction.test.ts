import { describe, expect, test } from "vitest";
import { asked, said } from "../../test/said.ts";
import { checkLinearizability } from "../check-linearizability.ts";
import { HistoryError } from "../history-error.ts";
import type { Operation } from "../operation.ts";
import { splitIntoParts } from "../parts.ts";
import type { Scalar } from "../scalar.ts";
import { timelinePage } from "../timeline-page.ts";
import { violationText } from "../violation-text.ts";
import { createMapModel } from "./map-model.ts";
import type { MapCondition, MapEntry, MapInput, MapOutput, MapStep } from "./map-operation.ts";

type History = readonly Operation<MapInput, MapOutput>[];
type Value = Scalar | undefined;

const done = { kind: "done" } as const;
const get = (key: string) => ({ kind: "get", key }) as const;
const set = (key: string, value: number) => ({ kind: "set", key, value }) as const;
const remove = (key: string) => ({ kind: "delete", key }) as const;
const was = (value: Value): MapOutput => ({ kind: "value", value });
const scan = (...keys: string[]): MapInput => ({ kind: "scan", keys });
const found = (...entries: MapEntry[]): MapOutput => ({ kind: "entries", entries });
const has = (key: string, expected: Value): MapCondition => ({ key, expected });
const succeeded = (...values: Value[]): MapOutput => ({ kind: "transacted", succeeded: true, values });
const failed = (...values: Value[]): MapOutput => ({ kind: "transacted", succeeded: false, values });
const always = (...success: MapStep[]): MapInput => {
  return { kind: "transaction", conditions: [], success, failure: [] };
};
const where = (
  conditions: readonly MapCondition[],
  success: readonly MapStep[],
  failure: readonly MapStep[] = [],
): MapInput => ({ kind: "transaction", conditions, success, failure });
const removeIf = (key: string, expected: Value): MapInput => ({ kind: "compareAndDelete", key, expected });

const verdictOf = (history: History) => checkLinearizability(createMapModel(), history);

const both = always(set("x", 1), set("y", 1));
const bothAgain = where([has("x", 1)], [set("x", 2), set("y", 2)], [set("x", 3), set("z", 3)]);

describe("good transactions", () => {
  test.each<readonly [string, History]>([
    [
      "one that is seen before and after it, and nothing between",
      [
        said(1, [0, 9], both, succeeded()),
        said(2, [1, 2], scan("x", "y"), found()),
        said(2, [3, 4], scan("x", "y"), found(["x", 1], ["y", 1])),
      ],
    ],
    [
      "steps see what the steps before them did",
      [
        said(
          1,
          [0, 1],
          always(get("x"), set("x", 1), get("x"), remove("x"), get("x")),
          succeeded(undefined, 1, undefined),
        ),
        said(1, [2, 3], get("x"), was(undefined)),
      ],
    ],
    [
      "a failure that says what was there",
      [
        said(1, [0, 1], set("x", 4), done),
        said(1, [2, 3], where([has("x", undefined)], [set("x", 5)], [get("x"), get("y")]), failed(4, undefined)),
        said(1, [4, 5], get("x"), was(4)),
      ],
    ],
    [
      "of two from one value at once, one",
      [
        said(1, [0, 9], where([has("x", undefined)], [set("x", 1)]), succeeded()),
        said(2, [0, 9], where([has("x", undefined)], [set("x", 2)], [get("x")]), failed(1)),
      ],
    ],
    [
      "one without an answer that succeeded",
      [
        said(1, [0, 1], both, succeeded()),
        asked(2, 2, bothAgain),
        said(1, [3, 4], scan("x", "y", "z"), found(["x", 2], ["y", 2])),
      ],
    ],
    [
      "one without an answer that failed, also where its condition was true once",
      [
        said(1, [0, 1], both, succeeded()),
        asked(2, 2, bothAgain),
        said(1, [3, 4], set("x", 9), done),
        said(1, [5, 6], scan("x", "y", "z"), found(["x", 3], ["y", 1], ["z", 3])),
      ],
    ],
    ["one without an answer that never took effect", [asked(1, 0, both), said(2, [9, 10], scan("x", "y"), found())]],
    [
      "one without an answer whose key changes one way or the other, by conditions on another key",
      [
        asked(1, 0, where([has("y", 1)], [set("x", 1)], [set("x", 2)])),
        said(2, [1, 2], get("x"), was(2)),
        said(2, [3, 4], get("y"), was(undefined)),
      ],
    ],
  ])("%s", (_name, history) => {
    expect(verdictOf(history).kind).toBe("linearizable");
  });
});

describe("bad transactions", () => {
  test.each<readonly [string, History]>([
    [
      "one write is visible without the other",
      [
        said(1, [0, 9], both, succeeded()),
        said(2, [1, 2], get("x"), was(1)),
        said(2, [3, 4], get("y"), was(undefined)),
      ],
    ],
    [
      "one write of one without an answer is visible without the other",
      [asked(1, 0, both), said(2, [1, 2], scan("x", "y"), found(["x", 1]))],
    ],
    [
      "a condition did not hold although it succeeded",
      [
        said(1, [0, 1], both, succeeded()),
        said(2, [2, 3], where([has("x", 1), has("y", 2)], [set("z", 1)]), succeeded()),
      ],
    ],
    [
      "absence did not hold although it succeeded",
      [said(1, [0, 1], set("x", 1), done), said(2, [2, 3], where([has("x", undefined)], [set("x", 2)]), succeeded())],
    ],
    [
      "all conditions held although it failed",
      [
        said(1, [0, 1], both, succeeded()),
        said(2, [2, 3], where([has("x", 1), has("z", undefined)], [set("z", 1)]), failed()),
      ],
    ],
    ["it failed without a condition", [said(1, [0, 1], both, failed())]],
    [
      "an update is lost between two",
      [
        said(1, [0, 1], set("x", 1), done),
        said(1, [2, 9], where([has("x", 1)], [get("x"), set("x", 2), set("a", 1)]), succeeded(1)),
        said(2, [2, 9], where([has("x", 1)], [get("x"), set("x", 2), set("b", 1)]), succeeded(1)),
      ],
    ],
    [
      "a read inside of one saw half of another",
      [
        said(1, [0, 1], both, succeeded()),
        said(2, [2, 9], bothAgain, succeeded()),
        said(3, [2, 9], always(get("x"), get("y"), set("z", 1)), succeeded(2, 1)),
      ],
    ],
    [
      "a read where it failed saw half of another",
      [
        said(1, [0, 1], both, succeeded()),
        asked(2, 2, bothAgain),
        said(3, [2, 9], where([has("x", 1)], [], [get("x"), get("y")]), failed(2, 1)),
      ],
    ],
    [
      "two that read what the other one writes, and both come first",
      [
        said(1, [0, 9], always(get("x"), set("y", 1)), succeeded(undefined)),
        said(2, [0, 9], always(get("y"), set("x", 1)), succeeded(undefined)),
      ],
    ],
    ["a step did not see the one before it", [said(1, [0, 1], always(set("x", 1), get("x")), succeeded(undefined))]],
    [
      "one without an answer did what it does if it succeeds and what it does if it fails",
      [
        said(1, [0, 1], both, succeeded()),
        asked(2, 2, bothAgain),
        said(1, [3, 4], scan("y", "z"), found(["y", 2], ["z", 3])),
      ],
    ],
    [
      "one without an answer succeeded where it never could",
      [asked(2, 0, bothAgain), said(1, [1, 2], get("y"), was(2))],
    ],
    [
      "the steps of a failure ran where it succeeded",
      [
        said(1, [0, 1], where([has("x", undefined)], [set("y", 1)], [set("y", 2)]), succeeded()),
        said(2, [2, 3], get("y"), was(2)),
      ],
    ],
  ])("%s", (_name, history) => {
    expect(verdictOf(history).kind).toBe("violation");
  });
});

describe("conditional deletions", () => {
  const deleted: MapOutput = { kind: "swapped" };
  const notDeleted = (value: Value): MapOutput => ({ kind: "notSwapped", actual: { value } });
  const x = said(1, [0, 1], set("x", 1), done);

  test.each<readonly [string, History]>([
    [
      "what was expected is gone",
      [x, said(1, [2, 3], removeIf("x", 1), deleted), said(1, [4, 5], get("x"), was(undefined))],
    ],
    ["what was not stays", [x, said(1, [2, 3], removeIf("x", 2), notDeleted(1)), said(1, [4, 5], get("x"), was(1))]],
    ["nothing was expected, and nothing was there", [said(1, [0, 1], removeIf("x", undefined), deleted)]],
    ["without an answer, seen", [x, asked(2, 2, removeIf("x", 1)), said(1, [4, 5], get("x"), was(undefined))]],
    ["without an answer, unseen", [x, asked(2, 2, removeIf("x", 1)), said(1, [4, 5], get("x"), was(1))]],
  ])("good: %s", (_name, history) => {
    expect(verdictOf(history).kind).toBe("linearizable");
  });

  test.each<readonly [string, History]>([
    ["it comes back", [x, said(1, [2, 3], removeIf("x", 1), deleted), said(1, [4, 5], get("x"), was(1))]],
    ["it deleted what it did not expect", [x, said(1, [2, 3], removeIf("x", 2), deleted)]],
    ["it left what it expected", [x, said(1, [2, 3], removeIf("x", 1), { kind: "notSwapped" })]],
    ["it saw what was not there", [x, said(1, [2, 3], removeIf("x", 2), notDeleted(3))]],
    [
      "two at once deleted one value",
      [x, said(1, [2, 9], removeIf("x", 1), deleted), said(2, [2, 9], removeIf("x", 1), deleted)],
    ],
    [
      "without an answer, gone where it was not expected",
      [x, asked(2, 2, removeIf("x", 2)), said(1, [4, 5], get("x"), was(undefined))],
    ],
  ])("bad: %s", (_name, history) => {
    expect(verdictOf(history).kind).toBe("violation");
  });
});

describe("what is said of transactions", () => {
  test("they connect all keys that they name, and do not if they only read and had no answer", () => {
    const model = createMapModel();
    const apart = ["a", "b", "c", "d"].map((key) => said(1, [0, 1], set(key, 1), done));
    const input = where([has("a", 1)], [set("b", 1)], [get("c")]);
    const namesOf = (operation: Operation<MapInput, MapOutput>): string[] => {
      return splitIntoParts(model, [...apart, operation]).map(({ names }) => names.join(" "));
    };
    expect(namesOf(said(2, [2, 3], input, succeeded()))).toEqual(["a b c", "d"]);
    expect(namesOf(asked(2, 2, input))).toEqual(["a b c", "d"]);
    expect(namesOf(asked(2, 2, where([has("a", 1)], [get("b")], [get("c")])))).toEqual(["a", "b", "c", "d"]);
  });

  test("what is wrong with one key is said of that key, with the whole transaction as it was recorded", () => {
    const stale = said(1, [4, 5], where([has("x", 1)], [get("y")], [get("y"), get("x")]), succeeded(1));
    const history = [said(1, [0, 1], both, succeeded()), said(1, [2, 3], bothAgain, succeeded()), stale];
    const verdict = verdictOf(history);
    if (verdict.kind !== "violation") throw new Error("x is 2");
    expect(verdict.violation.partNames).toEqual(["x"]);
    expect(verdict.violation.conflict).toContain(stale);
    const text = violationText(createMapModel(), verdict.violation);
    expect(text).toContain("if x = 1: get y; else: get y, get x -> succeeded, saw 1\n");
    expect(timelinePage(createMapModel(), verdict.violation)).toContain("if x = 1: get y; else: get y, get x");
  });

  test("that one succeeded does not count where its answer is disregarded", () => {
    const change = where([has("y", undefined)], [set("x", 1)], [set("x", 2)]);
    const history = [
      said(1, [0, 1], set("y", 1), done),
      said(1, [2, 3], change, failed()),
      said(1, [4, 5], get("x"), was(1)),
    ];
    const verdict = verdictOf(history);
    expect(verdict.kind === "violation" && verdict.violation.partNames).toEqual(["x"]);
    expect(verdict.kind === "violation" && verdict.violation.conflict).toEqual(history.slice(1));
  });

  test("an operation that counts twice in the view of a key is told once", () => {
    const change = asked(1, 0, where([has("y", 1)], [set("x", 1)], [set("x", 2)]));
    const verdict = verdictOf([change, said(1, [1, 2], get("x"), was(3)), said(1, [3, 4], get("y"), was(undefined))]);
    expect(verdict.kind === "violation" && verdict.violation.others).toEqual([change]);
  });

  test("answers that make no sense are mistakes of the recorder", () => {
    expect(() => verdictOf([said(1, [0, 1], both, done)])).toThrow(HistoryError);
    expect(() => verdictOf([said(1, [0, 1], set("x", 1), succeeded())])).toThrow(HistoryError);
    expect(() => verdictOf([said(1, [0, 1], removeIf("x", 1), done)])).toThrow(HistoryError);
    const message = '"always: get x, set y = 1" gets 1 and cannot answer 2';
    expect(() => verdictOf([said(1, [0, 1], always(get("x"), set("y", 1)), succeeded(1, 2))])).toThrow(message);
    expect(() => verdictOf([said(1, [0, 1], always(get("x"), set("y", 1)), succeeded())])).toThrow(HistoryError);
  });
});
