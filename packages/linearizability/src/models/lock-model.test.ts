import { describe, expect, test } from "vitest";
import { asked, said } from "../../test/said.ts";
import { checkLinearizability } from "../check-linearizability.ts";
import { HistoryError } from "../history-error.ts";
import { unknownOutput } from "../model.ts";
import type { Operation } from "../operation.ts";
import { createLockModel, type LockInput, type LockOutput } from "./lock-model.ts";

type History = readonly Operation<LockInput, LockOutput>[];

const acquire = { kind: "acquire" } as const;
const expire = { kind: "expire" } as const;
const held = { kind: "held" } as const;
const acquired = (token: number): LockOutput => ({ kind: "acquired", token });
const release = (token: number): LockInput => ({ kind: "release", token });
const check = (token: number): LockInput => ({ kind: "check", token });

const kindOf = (history: History): string => checkLinearizability(createLockModel(), history).kind;

describe("lock", () => {
  test.each<readonly [string, History]>([
    [
      "one after the other",
      [said(1, [0, 1], acquire, acquired(3)), said(1, [2, 3], release(3), true), said(2, [4, 5], acquire, acquired(7))],
    ],
    ["one of two gets it", [said(1, [0, 9], acquire, acquired(1)), said(2, [0, 9], acquire, held)]],
    ["held by somebody who was not told", [asked(1, 0, acquire), said(2, [1, 2], acquire, held)]],
    [
      "a release without an answer",
      [
        said(1, [0, 1], acquire, acquired(1)),
        asked(1, 2, release(1)),
        said(2, [3, 4], acquire, held),
        said(2, [5, 6], acquire, acquired(2)),
      ],
    ],
    [
      "a lease that ends",
      [
        said(1, [0, 1], acquire, acquired(1)),
        asked("clock", 1, expire),
        said(2, [3, 4], acquire, acquired(2)),
        said(1, [5, 6], check(1), false),
      ],
    ],
    [
      "a token that was never told, between two that were",
      [
        said(1, [0, 1], acquire, acquired(1)),
        said(1, [2, 3], release(1), true),
        asked(2, 4, acquire),
        asked("clock", 4, expire),
        said(1, [5, 6], acquire, held),
        said(1, [7, 8], acquire, acquired(3)),
      ],
    ],
    [
      "a guess at the token of somebody who was not told",
      [asked(1, 0, acquire), said(2, [1, 2], check(5), true), said(2, [3, 4], release(5), true)],
    ],
  ])("good: %s", (_name, history) => {
    expect(kindOf(history)).toBe("linearizable");
  });

  test.each<readonly [string, History]>([
    ["two holders", [said(1, [0, 1], acquire, acquired(1)), said(2, [2, 3], acquire, acquired(2))]],
    [
      "a token used again",
      [said(1, [0, 1], acquire, acquired(1)), said(1, [2, 3], release(1), true), said(2, [4, 5], acquire, acquired(1))],
    ],
    [
      "tokens that go down",
      [said(1, [0, 1], acquire, acquired(5)), said(1, [2, 3], release(5), true), said(2, [4, 5], acquire, acquired(4))],
    ],
    ["held by nobody", [said(1, [0, 1], acquire, held)]],
    [
      "an old token that still holds",
      [said(1, [0, 1], acquire, acquired(1)), said(1, [2, 3], release(1), true), said(1, [4, 5], check(1), true)],
    ],
    ["a holder that is told no", [said(1, [0, 1], acquire, acquired(1)), said(1, [2, 3], check(1), false)]],
    [
      "a release that works twice",
      [said(1, [0, 1], acquire, acquired(1)), said(1, [2, 3], release(1), true), said(1, [4, 5], release(1), true)],
    ],
    [
      "a token without room for the one before it",
      [
        said(1, [0, 1], acquire, acquired(1)),
        said(1, [2, 3], release(1), true),
        asked(2, 4, acquire),
        asked("clock", 4, expire),
        said(1, [5, 6], acquire, held),
        said(1, [7, 8], acquire, acquired(2)),
      ],
    ],
    [
      "a token that both is and is not",
      [
        asked(1, 0, acquire),
        said(2, [1, 2], acquire, held),
        said(2, [3, 4], check(5), false),
        said(2, [5, 6], check(5), true),
      ],
    ],
    [
      "a refused release by the only possible holder",
      [asked(1, 0, acquire), said(2, [1, 2], check(5), true), said(2, [3, 4], release(5), false)],
    ],
    [
      "a token that a release had refused",
      [
        asked(1, 0, acquire),
        said(2, [1, 2], acquire, held),
        said(2, [3, 4], release(5), false),
        said(2, [5, 6], check(5), true),
      ],
    ],
  ])("bad: %s", (_name, history) => {
    expect(kindOf(history)).toBe("violation");
  });

  test("answers that make no sense are a mistake of the recorder", () => {
    expect(() => kindOf([said(1, [0, 1], acquire, true)])).toThrow(HistoryError);
    expect(() => kindOf([said(1, [0, 1], check(1), held)])).toThrow(HistoryError);
    expect(() => kindOf([said(1, [0, 1], acquire, acquired(1.5))])).toThrow("no whole number");
  });

  test("operations and states in words", () => {
    const { initialState, operationText, stateText } = createLockModel(4);
    expect(operationText(acquire, acquired(5))).toBe("acquire -> acquired 5");
    expect(operationText(release(5), unknownOutput)).toBe("release 5 -> ?");
    expect(operationText(check(5), false)).toBe("check 5 -> no");
    expect(stateText(initialState)).toBe("free, after token 4");
    expect(stateText({ highest: 4, holder: { kind: "unseen", excluded: [5, 6] } })).toContain("none of 5, 6");
  });
});
