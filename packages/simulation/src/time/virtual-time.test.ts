import { expect, test } from "vitest";
import { SeededRandom } from "../random/seeded-random.ts";
import { MachineClock } from "./machine-clock.ts";
import { VirtualTime } from "./virtual-time.ts";

test("events run when they are due, with every promise settled in between", async () => {
  const time = new VirtualTime(new SeededRandom(1));
  const seen: string[] = [];
  time.after(30, () => seen.push(`late at ${time.nowUs}`));
  time.after(10, () => {
    seen.push(`early at ${time.nowUs}`);
    void Promise.resolve()
      .then(() => Promise.resolve())
      .then(() => seen.push(`settled at ${time.nowUs}`));
  });
  const cancel = time.after(20, () => seen.push("cancelled"));
  cancel();
  expect(await time.runUntil(() => false, 25)).toBe("timeUp");
  expect(time.nowUs).toBe(25);
  expect(await time.runUntil(() => false, 100)).toBe("idle");
  expect(seen).toEqual(["early at 10", "settled at 10", "late at 30"]);
});

test("what comes first in one instant is drawn from the seed (T2)", async () => {
  const orderOf = async (seed: number): Promise<string> => {
    const time = new VirtualTime(new SeededRandom(seed));
    let order = "";
    for (const name of "abcdefgh") time.after(5, () => (order += name));
    await time.pass(10);
    return order;
  };
  expect(await orderOf(1)).toBe(await orderOf(1));
  expect(await orderOf(1)).not.toBe(await orderOf(2));
});

test("time stands still for what is outside (T3)", async () => {
  const time = new VirtualTime(new SeededRandom(1));
  const seen: string[] = [];
  time.after(1, () => {
    void time.hold(new Promise((resolve) => setTimeout(resolve, 5))).then(() => seen.push(`outside at ${time.nowUs}`));
  });
  time.after(2, () => seen.push("next"));
  await time.pass(10);
  expect(seen).toEqual(["outside at 1", "next"]);
});

test("a clock that is fast shows more, and waits less", () => {
  const clock = new MachineClock(0, 0);
  const endFirst = clock.layRate(100_000, 1_000_000);
  expect(clock.localUs(2_000_000)).toBe(2_100_000);
  expect(clock.worldDelayUs(1_100_000)).toBe(1_000_000);
  const endSecond = clock.layRate(-500_000, 2_000_000);
  expect(clock.localUs(4_000_000)).toBe(3_100_000);
  endSecond(4_000_000);
  expect(clock.localUs(5_000_000)).toBe(4_200_000);
  endFirst(5_000_000);
  expect(clock.localUs(6_000_000)).toBe(5_200_000);
});
