import type { SessionLink } from "@aspenjs/transport";
import { expect, test } from "vitest";
import { SimulatedProcess } from "../process/simulated-process.ts";
import { NEVER, ratio } from "../random/ratio.ts";
import { SeededRandom } from "../random/seeded-random.ts";
import { MachineClock } from "../time/machine-clock.ts";
import { VirtualTime } from "../time/virtual-time.ts";
import type { RouteQuality } from "./route.ts";
import { VirtualNetwork, type Route } from "./virtual-network.ts";

const QUALITY: RouteQuality = {
  delayUsMin: 1_000,
  delayUsMax: 5_000,
  slow: NEVER,
  slowUsMax: 1,
  loss: NEVER,
  corruption: NEVER,
  bytesPerMs: 0,
};

const NEVER_GIVEN_UP = new AbortController().signal;

async function createPair() {
  const time = new VirtualTime(new SeededRandom(1));
  const network = new VirtualNetwork(time, new SeededRandom(2), QUALITY);
  const createProcess = (name: string, seed: number) =>
    new SimulatedProcess({
      name,
      time,
      machineClock: new MachineClock(0, 0),
      random: new SeededRandom(seed),
      onBug: (error) => {
        throw error;
      },
    });
  const [a, b] = [createProcess("a", 3), createProcess("b", 4)];
  const heard: string[] = [];
  const listen = (link: SessionLink, name: string): void => {
    link.attach({
      onData: (bytes) => heard.push(`${name} hears ${new TextDecoder().decode(bytes)}`),
      onWritable: () => heard.push(`${name} may write`),
      onClosed: () => heard.push(`${name} is alone`),
    });
  };
  let accepted: SessionLink | undefined;
  await network.createBackend(b, "b").start((link) => {
    accepted = link;
    listen(link, "b");
  });
  const backend = network.createBackend(a, "a");
  const dial = async (): Promise<SessionLink | string> => {
    let outcome: SessionLink | string = "nothing";
    backend.dial(network.addressOf("b"), "b", NEVER_GIVEN_UP).then(
      (link) => {
        outcome = link;
        listen(link, "a");
      },
      (error: unknown) => {
        outcome = String(error);
      },
    );
    await time.pass(50_000);
    return outcome;
  };
  const link = await dial();
  if (typeof link === "string" || accepted === undefined) throw new Error("the two are not connected");
  const say = (text: string): boolean => link.write(new TextEncoder().encode(text));
  return { time, network, a, b, heard, link, accepted, say, dial };
}

test("what is written arrives in order, and nothing is lost (N2)", async () => {
  const { time, network, heard, say } = await createPair();
  network.conditions.layQuality({ ...QUALITY, loss: ratio(1, 2) });
  for (let index = 0; index < 20; index += 1) say(String(index));
  await time.pass(60_000_000);
  expect(heard).toEqual(Array.from({ length: 20 }, (_, index) => `b hears ${index}`));
});

test("a cut route carries nothing, and everything once it is mended", async () => {
  const { time, network, heard, say } = await createPair();
  const mend = network.cut([["a", "b"]]);
  const mendAgain = network.cut([["a", "b"]]);
  say("late");
  await time.pass(5_000_000);
  mendAgain();
  await time.pass(5_000_000);
  expect(heard).toEqual([]);
  mend();
  await time.pass(10_000);
  expect(heard).toEqual(["b hears late"]);
});

test("severed routes break what is open, and refuse or swallow what is new", async () => {
  const { time, network, heard, dial } = await createPair();
  const mend = network.sever([
    ["a", "b"],
    ["b", "a"],
  ]);
  await time.pass(50_000);
  expect(heard.toSorted()).toEqual(["a is alone", "b is alone"]);
  expect(typeof (await dial())).toBe("string");
  mend();
  expect(typeof (await dial())).not.toBe("string");
});

test("a killed process is missed at once; one without power when it comes back", async () => {
  const killed = await createPair();
  killed.b.kill();
  killed.network.noteDeath(killed.b, true);
  await killed.time.pass(50_000);
  expect(killed.heard).toEqual(["a is alone"]);
  const dark = await createPair();
  dark.b.kill();
  dark.network.noteDeath(dark.b, false);
  await dark.time.pass(60_000_000);
  expect(dark.heard).toEqual([]);
  expect(await dark.dial()).toMatch(/nobody answers/);
  dark.network.noteReturn("b");
  await dark.time.pass(60_000_000);
  expect(dark.heard).toEqual([]);
  dark.say("is anybody there?");
  await dark.time.pass(50_000);
  expect(dark.heard).toEqual(["a is alone"]);
});

test.each<readonly [string, readonly Route[]]>([
  ["there", [["a", "b"]]],
  ["back", [["b", "a"]]],
])("a connection that one end has forgotten stays half-open while the way %s is cut", async (_name, routes) => {
  const { time, network, heard, b, say } = await createPair();
  b.kill();
  network.noteDeath(b, false);
  const mend = network.cut(routes);
  network.noteReturn("b");
  say("is anybody there?");
  await time.pass(60_000_000);
  expect(heard).toEqual([]);
  mend();
  await time.pass(50_000);
  expect(heard).toEqual(["a is alone"]);
});

test("who dies behind slow bytes is missed at once all the same", async () => {
  const { time, network, heard, a, say } = await createPair();
  const mend = network.conditions.layQuality({ ...QUALITY, delayUsMin: 40_000_000, delayUsMax: 40_000_000 });
  say("slow");
  mend();
  a.kill();
  network.noteDeath(a, true);
  await time.pass(50_000);
  expect(heard).toEqual(["b is alone"]);
});

test("a changed write ends the connection on both sides, as Noise would", async () => {
  const { time, network, heard, say } = await createPair();
  network.conditions.layQuality({ ...QUALITY, corruption: ratio(1, 1) });
  say("changed");
  await time.pass(50_000);
  expect(heard.toSorted()).toEqual(["a is alone", "b is alone"]);
});

test("a reader that stands still hears everything when it goes on; a writer that is far ahead is told to wait", async () => {
  const { time, b, heard, link, say } = await createPair();
  b.pause();
  say("first");
  expect(link.write(new Uint8Array(300_000))).toBe(false);
  await time.pass(1_000_000);
  expect(heard).toEqual([]);
  b.resume();
  await time.pass(50_000);
  expect(heard[0]).toBe("b hears first");
  expect(heard.at(-1)).toBe("a may write");
});
