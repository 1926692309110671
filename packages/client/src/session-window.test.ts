import { AssertionFailure } from "@aspenjs/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SessionWindow } from "./session-window.ts";

describe("SessionWindow", () => {
  test.each<readonly [string, readonly number[], number]>([
    ["nothing", [], 0],
    ["the first", [1], 1],
    ["in order", [1, 2, 3], 3],
    ["out of order", [3, 1, 2], 3],
    ["with a hole", [1, 2, 4, 5], 2],
    ["without the first", [2, 3, 4, 5], 0],
    ["twice", [1, 1, 2, 2, 1], 2],
  ])("W2: settling %s acknowledges up to the first hole", (_name, settled, acknowledged) => {
    const window = new SessionWindow(10);
    for (let number = 1; number <= 5; number += 1) expect(window.take()).toBe(number);
    for (const number of settled) window.settle(number);
    expect(window.acknowledgedThrough).toBe(acknowledged);
  });

  test("W3: gives no number beyond the window, and goes on when it moves", () => {
    const window = new SessionWindow(2);
    expect([window.take(), window.take(), window.take()]).toEqual([1, 2, undefined]);
    window.settle(2);
    expect(window.take()).toBeUndefined();
    window.settle(1);
    expect([window.take(), window.take(), window.take()]).toEqual([3, 4, undefined]);
  });

  test("a number that was never given cannot be settled", () => {
    const window = new SessionWindow(2);
    expect(() => window.settle(1)).toThrow(AssertionFailure);
    window.take();
    expect(() => window.settle(0)).toThrow(AssertionFailure);
  });

  test("W1 to W3 hold for any order of taking and settling", () => {
    const action = fc.oneof(fc.constant("take" as const), fc.nat({ max: 40 }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(action, { maxLength: 200 }), (windowMax, actions) => {
        const window = new SessionWindow(windowMax);
        const unsettled = new Set<number>();
        let last = 0;
        for (const step of actions) {
          if (step === "take") {
            const number = window.take();
            if (number === undefined) expect(last - window.acknowledgedThrough).toBe(windowMax);
            else {
              expect(number).toBe(last + 1);
              last = number;
              unsettled.add(number);
            }
          } else {
            const number = [...unsettled][step % Math.max(1, unsettled.size)];
            if (number === undefined) continue;
            unsettled.delete(number);
            window.settle(number);
          }
          expect(window.acknowledgedThrough).toBe(Math.min(last + 1, ...unsettled) - 1);
          expect(last - window.acknowledgedThrough).toBeLessThanOrEqual(windowMax);
        }
      }),
    );
  });
});
