import { SILENT_LOGGER } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import { resolveLimits } from "../src/limits.ts";
import { PeerSupervisor } from "../src/peer-supervisor.ts";
import { createSeededRandom } from "../src/testing/seeded-random.ts";
import { createVirtualClock } from "../src/testing/virtual-clock.ts";

function createSupervisor(localPeerId: string) {
  const clock = createVirtualClock();
  const dials: { atMs: number; address: string }[] = [];
  const connected = new Set<string>();
  let answer = (_address: string): Promise<unknown> => Promise.reject(new Error("refused"));
  const supervisor = new PeerSupervisor({
    localPeerId,
    clock,
    random: createSeededRandom(1),
    logger: SILENT_LOGGER,
    limits: resolveLimits(),
    isConnected: (peerId) => connected.has(peerId),
    connect: (address) => {
      dials.push({ atMs: clock.nowMs(), address });
      return answer(address);
    },
  });
  supervisor.start();
  const setAnswer = (next: typeof answer) => (answer = next);
  const open = (peerId: string) => {
    connected.add(peerId);
    supervisor.onConnected(peerId);
  };
  const lose = (peerId: string) => {
    connected.delete(peerId);
    supervisor.onDisconnected(peerId);
  };
  return { clock, dials, supervisor, setAnswer, open, lose };
}

const M = [{ peerId: "m", addresses: ["/one"] }];

describe("the supervisor of desired peers", () => {
  test("the lower id dials at once, the higher one after its head start", async () => {
    const low = createSupervisor("a");
    low.supervisor.setDesired(M);
    await low.clock.advance(0);
    expect(low.dials).toHaveLength(1);
    const high = createSupervisor("z");
    high.supervisor.setDesired(M);
    await high.clock.advance(499);
    expect(high.dials).toHaveLength(0);
    await high.clock.advance(1);
    expect(high.dials).toHaveLength(1);
  });

  test("the wait doubles from 0.2 s to 5 s, give or take a fifth (V2)", async () => {
    const { clock, dials, supervisor } = createSupervisor("a");
    supervisor.setDesired(M);
    await clock.advance(60_000);
    const waits = dials.slice(1).map(({ atMs }, index) => atMs - (dials[index]?.atMs ?? 0));
    [200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000].forEach((expected, index) => {
      expect(waits[index]).toBeGreaterThanOrEqual(expected * 0.8);
      expect(waits[index]).toBeLessThanOrEqual(expected * 1.2);
    });
    expect(new Set(waits.slice(5)).size).toBeGreaterThan(3);
  });

  test("a connected peer is not dialled; a lost one is, within about the smallest wait (V1)", async () => {
    const { clock, dials, supervisor, open, lose } = createSupervisor("a");
    supervisor.setDesired(M);
    await clock.advance(10_000);
    open("m");
    const before = dials.length;
    await clock.advance(60_000);
    expect([dials.length, clock.pendingTimers]).toEqual([before, 0]);
    lose("m");
    await clock.advance(240);
    expect(dials.length).toBe(before + 1);
  });

  test("a peer that lets us in and throws us out is not dialled in a tight loop (V3)", async () => {
    const { clock, dials, supervisor, setAnswer, open, lose } = createSupervisor("a");
    setAnswer(() => {
      open("m");
      clock.setTimer(10, () => lose("m"));
      return Promise.resolve("m");
    });
    supervisor.setDesired(M);
    await clock.advance(60_000);
    expect(dials.length).toBeLessThan(20);
  });

  test("every address is tried, one after the other, and success ends the round", async () => {
    const { clock, dials, supervisor, setAnswer, open } = createSupervisor("a");
    setAnswer((address) => {
      if (address !== "/two") return Promise.reject(new Error("refused"));
      open("m");
      return Promise.resolve("m");
    });
    supervisor.setDesired([{ peerId: "m", addresses: ["/one", "/two", "/three"] }]);
    await clock.advance(60_000);
    expect(dials.map(({ address }) => address)).toEqual(["/one", "/two"]);
  });

  test("desires replace each other: what is not wanted is not dialled, a new address is tried at once", async () => {
    const { clock, dials, supervisor } = createSupervisor("a");
    supervisor.setDesired(M);
    await clock.advance(20_000);
    supervisor.setDesired([
      { peerId: "m", addresses: ["/new"] },
      { peerId: "a", addresses: ["/self"] },
    ]);
    await clock.advance(0);
    expect(dials.at(-1)?.address).toBe("/new");
    supervisor.setDesired([]);
    const before = dials.length;
    await clock.advance(20_000);
    expect([dials.length, clock.pendingTimers]).toEqual([before, 0]);
  });

  test("a peer without addresses is waited for, and stopping leaves no timer", async () => {
    const { clock, dials, supervisor } = createSupervisor("a");
    supervisor.setDesired([{ peerId: "m", addresses: [] }, ...[{ peerId: "n", addresses: ["/n"] }]]);
    await clock.advance(1_000);
    expect(dials.every(({ address }) => address === "/n")).toBe(true);
    supervisor.stop();
    const before = dials.length;
    await clock.advance(60_000);
    expect([clock.pendingTimers, dials.length]).toEqual([0, before]);
  });
});
