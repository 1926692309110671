import { expect, test } from "vitest";
import { SeededRandom } from "../random/seeded-random.ts";
import { MachineClock } from "../time/machine-clock.ts";
import { VirtualTime } from "../time/virtual-time.ts";
import { SimulatedProcess } from "./simulated-process.ts";

function createProcess() {
  const time = new VirtualTime(new SeededRandom(1));
  const bugs: unknown[] = [];
  const machineClock = new MachineClock(0, 0);
  const process = new SimulatedProcess({
    name: "p",
    time,
    machineClock,
    random: new SeededRandom(2),
    onBug: (error) => void bugs.push(error),
  });
  return { time, process, bugs };
}

test("a paused process does what fell due when it goes on, a dead one never (P1, P2)", async () => {
  const { time, process } = createProcess();
  const seen: string[] = [];
  process.clock.setTimer(1, () => seen.push("one"));
  process.clock.setTimer(2, () => seen.push("two"));
  const cancel = process.clock.setTimer(3, () => seen.push("cancelled while it stands still"));
  process.pause();
  await time.pass(10_000);
  expect(seen).toEqual([]);
  cancel();
  process.resume();
  await time.pass(1_000);
  expect(seen).toEqual(["one", "two"]);
  process.clock.setTimer(1, () => seen.push("never"));
  process.kill();
  await time.pass(10_000);
  expect(seen).toEqual(["one", "two"]);
});

test("what is deferred keeps its order (P3), and what nobody catches is a bug", async () => {
  const { time, process, bugs } = createProcess();
  let order = "";
  for (const name of "abcdef") process.clock.defer(() => (order += name));
  process.clock.defer(() => {
    throw new Error("nobody catches this");
  });
  await time.pass(10_000);
  expect(order).toBe("abcdef");
  expect(bugs).toHaveLength(1);
});

test("a process dies at its n-th operation", async () => {
  const { time, process } = createProcess();
  let deaths = 0;
  process.killAfter(2, () => (deaths += 1));
  expect(process.operate()).toBe(true);
  expect(process.operate()).toBe(false);
  expect(process.isAlive).toBe(false);
  await time.pass(1);
  expect(deaths).toBe(1);
});
