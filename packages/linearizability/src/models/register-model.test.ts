import { describe, expect, test } from "vitest";
import { asked, said } from "../../test/said.ts";
import { checkLinearizability } from "../check-linearizability.ts";
import { unknownOutput } from "../model.ts";
import type { Operation } from "../operation.ts";
import { createRegisterModel, type RegisterInput, type RegisterOutput } from "./register-model.ts";
import { createSwapRegisterModel, type SwapRegisterInput, type SwapRegisterOutput } from "./swap-register-model.ts";

const read = { kind: "read" } as const;
const write = (value: number) => ({ kind: "write", value }) as const;
const swap = (expected: number, value: number) => ({ kind: "compareAndSwap", expected, value }) as const;

type RegisterHistory = readonly Operation<RegisterInput<number>, RegisterOutput<number>>[];
type SwapHistory = readonly Operation<SwapRegisterInput<number>, SwapRegisterOutput<number>>[];

describe("register", () => {
  const kindOf = (history: RegisterHistory): string => checkLinearizability(createRegisterModel(0), history).kind;

  test.each<readonly [string, RegisterHistory]>([
    ["nothing at all", []],
    ["the initial value", [said(1, [0, 1], read, 0)]],
    [
      "a read of either value during a write",
      [said(1, [0, 9], write(1), undefined), said(2, [1, 2], read, 0), said(3, [3, 4], read, 1)],
    ],
    [
      "a write without an answer that takes effect late",
      [asked(1, 0, write(1)), said(2, [5, 6], read, 0), said(2, [7, 8], read, 1)],
    ],
    ["a write without an answer that never takes effect", [asked(1, 0, write(1)), said(2, [5, 6], read, 0)]],
    ["a read without an answer", [asked(1, 0, read), said(2, [0, 1], write(1), undefined)]],
    [
      "a read that begins when a write returns, and misses it",
      [said(1, [0, 5], write(1), undefined), said(2, [5, 6], read, 0)],
    ],
  ])("good: %s", (_name, history) => {
    expect(kindOf(history)).toBe("linearizable");
  });

  test.each<readonly [string, RegisterHistory]>([
    ["a stale read", [said(1, [0, 1], write(1), undefined), said(2, [2, 3], read, 0)]],
    ["a phantom value", [said(1, [0, 1], write(1), undefined), said(2, [0, 3], read, 7)]],
    ["reads that go back", [said(1, [0, 9], write(1), undefined), said(2, [1, 2], read, 1), said(3, [3, 4], read, 0)]],
    [
      "a lost write",
      [said(1, [0, 1], write(1), undefined), said(2, [2, 3], write(2), undefined), said(3, [4, 5], read, 1)],
    ],
    ["a write that takes effect before it is called", [said(1, [0, 1], read, 1), asked(2, 2, write(1))]],
    [
      "a write without an answer that takes effect twice",
      [asked(1, 0, write(1)), said(2, [1, 2], read, 1), said(2, [3, 4], write(2), undefined), said(2, [5, 6], read, 1)],
    ],
    [
      "two readers who do not agree on the order",
      [
        said(1, [0, 20], write(1), undefined),
        said(2, [0, 20], write(2), undefined),
        said(3, [1, 2], read, 1),
        said(3, [3, 4], read, 2),
        said(4, [1, 2], read, 2),
        said(4, [3, 4], read, 1),
      ],
    ],
  ])("bad: %s", (_name, history) => {
    expect(kindOf(history)).toBe("violation");
  });

  test("operations in words", () => {
    const model = createRegisterModel<string | number>(0);
    expect(model.operationText(read, "0")).toBe('read -> "0"');
    expect(model.operationText(read, unknownOutput)).toBe("read -> ?");
    expect(model.operationText(write(1), undefined)).toBe("write 1");
    expect(model.operationText(write(1), unknownOutput)).toBe("write 1 -> ?");
  });
});

describe("compare-and-swap register", () => {
  const kindOf = (history: SwapHistory): string => checkLinearizability(createSwapRegisterModel(0), history).kind;

  test.each<readonly [string, SwapHistory]>([
    [
      "one of two swaps wins",
      [said(1, [0, 9], swap(0, 1), true), said(2, [0, 9], swap(0, 2), false), said(1, [10, 11], read, 1)],
    ],
    [
      "a swap without an answer that has won",
      [asked(1, 0, swap(0, 1)), said(2, [1, 2], swap(0, 2), false), said(2, [3, 4], read, 1)],
    ],
    ["a chain of swaps without answers", [asked(1, 0, swap(1, 2)), asked(2, 0, swap(0, 1)), said(3, [1, 2], read, 2)]],
  ])("good: %s", (_name, history) => {
    expect(kindOf(history)).toBe("linearizable");
  });

  test.each<readonly [string, SwapHistory]>([
    ["both of two swaps from one value win", [said(1, [0, 9], swap(0, 1), true), said(2, [0, 9], swap(0, 2), true)]],
    ["a lost update", [said(1, [0, 1], swap(0, 1), true), said(2, [2, 3], swap(0, 2), true), said(3, [4, 5], read, 2)]],
    ["a swap that fails for no reason", [said(1, [0, 1], swap(0, 1), false)]],
    ["a failed swap that left its value", [said(1, [0, 1], swap(5, 1), false), said(2, [2, 3], read, 1)]],
    [
      "a chain of swaps whose middle was called too late",
      [asked(1, 0, swap(1, 2)), said(3, [1, 2], read, 2), asked(2, 3, swap(0, 1))],
    ],
  ])("bad: %s", (_name, history) => {
    expect(kindOf(history)).toBe("violation");
  });

  test("operations in words", () => {
    const { operationText } = createSwapRegisterModel(0);
    expect(operationText(swap(0, 1), true)).toBe("swap 0 to 1 -> swapped");
    expect(operationText(swap(0, 1), false)).toBe("swap 0 to 1 -> not swapped");
    expect(operationText(write(1), undefined)).toBe("write 1");
    expect(operationText(read, 4)).toBe("read -> 4");
    expect(operationText(write(1), unknownOutput)).toBe("write 1 -> ?");
  });
});
