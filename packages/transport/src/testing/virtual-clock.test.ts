import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSeededRandom } from "./seeded-random.ts";
import { createVirtualClock } from "./virtual-clock.ts";

describe("the virtual clock", () => {
  test("timers fire at their time, in the order of time and then of making", async () => {
    const clock = createVirtualClock();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(50), { maxLength: 60 }), async (delays) => {
        const startMs = clock.nowMs();
        const fired: [number, number][] = [];
        delays.forEach((delay, index) => clock.setTimer(delay, () => fired.push([clock.nowMs() - startMs, index])));
        await clock.advance(50);
        const expected = delays.map((delay, index): [number, number] => [delay, index]);
        expect(fired).toEqual(expected.toSorted((left, right) => left[0] - right[0] || left[1] - right[1]));
      }),
    );
    expect(clock.pendingTimers).toBe(0);
  });

  test("deferred work comes before any timer, and before time moves", async () => {
    const clock = createVirtualClock();
    const order: string[] = [];
    clock.setTimer(0, () => order.push("timer"));
    clock.defer(() => {
      order.push("deferred");
      clock.defer(() => order.push(`deferred again at ${clock.nowMs()}`));
    });
    await clock.advance(1);
    expect(order).toEqual(["deferred", "deferred again at 0", "timer"]);
  });

  test("promises settle between two events", async () => {
    const clock = createVirtualClock();
    const order: string[] = [];
    clock.setTimer(1, () => {
      order.push("first");
      void Promise.resolve().then(async () => {
        await Promise.resolve();
        order.push("its promises");
      });
    });
    clock.setTimer(1, () => order.push("second"));
    await clock.advance(1);
    expect(order).toEqual(["first", "its promises", "second"]);
  });

  test("a cancelled timer does not fire, and cancelling twice or late is harmless", async () => {
    const clock = createVirtualClock();
    let fired = 0;
    const cancelEarly = clock.setTimer(5, () => (fired += 1));
    const cancelLate = clock.setTimer(5, () => (fired += 10));
    cancelEarly();
    cancelEarly();
    await clock.advance(5);
    cancelLate();
    expect([fired, clock.nowMs(), clock.wallMs()]).toEqual([10, 5, 1_700_000_000_005]);
  });

  test("settle runs what a promise waits for, and says so when nothing is left to happen", async () => {
    const clock = createVirtualClock();
    const later = new Promise<string>((resolve) => clock.setTimer(90_000, () => resolve("done")));
    expect([await clock.settle(later), clock.nowMs()]).toEqual(["done", 90_000]);
    await expect(clock.settle(new Promise(() => {}))).rejects.toThrow("nothing more happens");
  });
});

test("the seeded generator repeats itself, stays in bounds and reaches every value", () => {
  const draw = (seed: number) => {
    const random = createSeededRandom(seed);
    return Array.from({ length: 1_000 }, () => random.below(10));
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(new Set(draw(3))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
  const counts = draw(4).reduce((map, value) => map.set(value, (map.get(value) ?? 0) + 1), new Map<number, number>());
  for (const count of counts.values()) expect(count).toBeGreaterThan(60);
});
