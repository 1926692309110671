import { AspenError, type IncomingRequest } from "@aspenjs/api";
import { describe, expect, test } from "vitest";
import type { Endpoint } from "../src/endpoint.ts";
import { createMemoryNetwork, type MemoryNetwork } from "../src/memory/memory-network.ts";
import { createSeededRandom } from "../src/testing/seeded-random.ts";
import { OPEN_GATE } from "../src/testing/transport-harness.ts";
import { createVirtualClock, type VirtualClock } from "../src/testing/virtual-clock.ts";

const ECHO = "/test/echo/1";
const MIB = 1_048_576;

interface World {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly left: Endpoint;
  readonly right: Endpoint;
  readonly heard: string[];
}

async function createWorld(seed = 1): Promise<World> {
  const clock = createVirtualClock();
  const network = createMemoryNetwork({ clock, random: createSeededRandom(seed) });
  const heard: string[] = [];
  const create = (peerId: string) => {
    const endpoint = network.createTransport(peerId, { gate: OPEN_GATE });
    endpoint.handle(ECHO, {
      onRequest: (request: IncomingRequest) => Promise.resolve(request.body),
      onMessage: () => {},
    });
    endpoint.onPeerEvent((event) => heard.push(`${clock.nowMs()} ${peerId} ${event.kind} ${event.peerId}`));
    return endpoint;
  };
  const [left, right] = [create("left"), create("right")];
  await Promise.all([left.start(), right.start()]);
  await clock.settle(left.connect(network.addressOf("right"), { deadlineMs: 1_000 }));
  await clock.advance(10);
  return { clock, network, left, right, heard };
}

const codeOf = (error: unknown) => (error instanceof AspenError ? error.code : error);
const ask = ({ left, clock }: World, byteLength = 10, deadlineMs = 1_000) =>
  clock.settle(
    left.request("right", ECHO, new Uint8Array(byteLength), { deadlineMs }).then((b) => b.byteLength, codeOf),
  );

describe("the memory network", () => {
  test("the same seed gives the same history, another seed another one", async () => {
    const history = async (seed: number): Promise<string> => {
      const world = await createWorld(seed);
      const { clock, network, left, right, heard } = world;
      network.setDelay({ kind: "uniform", minMs: 1, maxMs: 40 });
      network.setPieceBytesMax(700);
      network.setCorruption({ writesPerMillion: 100_000, isDetected: true });
      left.setDesiredPeers([{ peerId: "right", addresses: [network.addressOf("right")] }]);
      right.setDesiredPeers([{ peerId: "left", addresses: [network.addressOf("left")] }]);
      const answers: string[] = [];
      for (let index = 0; index < 60; index += 1) {
        answers.push(`${clock.nowMs()} ${String(await ask(world, 3_000 * index))}`);
        await clock.advance(100);
      }
      await Promise.all([left.stop(), right.stop()]);
      expect(network.faults.counts.corruptedWrites).toBeGreaterThan(2);
      return [...heard, ...answers].join("\n");
    };
    const first = await history(5);
    expect(await history(5)).toBe(first);
    expect(await history(6)).not.toBe(first);
  });

  test("delay is paid in each direction", async () => {
    const world = await createWorld();
    world.network.setDelay({ kind: "fixed", ms: 30 });
    const startMs = world.clock.nowMs();
    expect([await ask(world), world.clock.nowMs() - startMs]).toEqual([10, 60]);
    world.network.setDelay({ kind: "fixed", ms: 5 }, "right", "left");
    const againMs = world.clock.nowMs();
    expect([await ask(world), world.clock.nowMs() - againMs]).toEqual([10, 35]);
  });

  test("a stalled partition keeps the connection: requests time out, and healing brings everything in order", async () => {
    const world = await createWorld();
    const { network, clock, left } = world;
    network.partition("left", "right", { how: "stall", direction: "left_to_right" });
    expect(await ask(world)).toBe("timeout");
    expect(left.connectedPeers).toEqual(["right"]);
    network.heal("left", "right");
    await clock.advance(1);
    expect(await ask(world)).toBe(10);
  });

  test("what is queued toward a peer that stands still stays bounded, as long as it lasts", async () => {
    const { network, clock, left } = await createWorld();
    network.partition("left", "right", { how: "stall", direction: "both" });
    const outcomes = new Set<string>();
    for (let second = 0; second < 20; second += 1) {
      for (let index = 0; index < 100; index += 1) outcomes.add(left.send("right", ECHO, new Uint8Array(65_536)));
      await clock.advance(1_000);
      expect(left.sessionLoad("right")?.queuedBytes).toBeLessThanOrEqual(16 * MIB + 4_096);
    }
    expect([...outcomes]).toEqual(["queued", "overloaded"]);
    await clock.advance(20_000);
    expect(left.connectedPeers).toEqual([]);
  });

  test("a partition that resets breaks connections and refuses new ones until it heals", async () => {
    const world = await createWorld();
    const { network, clock, left, heard } = world;
    left.setDesiredPeers([{ peerId: "right", addresses: [network.addressOf("right")] }]);
    network.partition("left", "right", { how: "reset", direction: "both" });
    expect(heard.slice(-2).map((line) => line.split(" ").slice(1, 3).join(" "))).toEqual([
      "left disconnected",
      "right disconnected",
    ]);
    await clock.advance(20_000);
    expect(left.connectedPeers).toEqual([]);
    network.healAll();
    await clock.advance(6_000);
    expect(left.connectedPeers).toEqual(["right"]);
  });

  test("a detected corruption ends the connection, as Noise would", async () => {
    const world = await createWorld();
    world.network.setCorruption({ writesPerMillion: 1_000_000, isDetected: true });
    expect(await ask(world)).toBe("unavailable");
    expect(world.left.connectedPeers).toEqual([]);
  });

  test("corruption that reaches the framing is survived, and the peers find each other again", async () => {
    let ended = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const world = await createWorld(seed);
      const { network, clock, left, right } = world;
      left.setDesiredPeers([{ peerId: "right", addresses: [network.addressOf("right")] }]);
      network.setCorruption({ writesPerMillion: 300_000, isDetected: false });
      for (let index = 0; index < 10; index += 1) await ask(world, 2_000 * index, 200);
      ended += world.heard.filter((line) => line.includes("left disconnected")).length;
      network.setCorruption(undefined);
      await clock.advance(45_000);
      expect(await ask(world)).toBe(10);
      await Promise.all([left.stop(), right.stop()]);
      await clock.advance(60_000);
      expect([clock.pendingTimers, network.connectionCount]).toEqual([0, 0]);
    }
    expect(ended).toBeGreaterThan(20);
  });

  test("a crash says no goodbye; the peer can be created again", async () => {
    const { network, clock, left, heard } = await createWorld();
    const lost = left.request("right", ECHO, new Uint8Array(1), { deadlineMs: 60_000 }).catch(codeOf);
    await network.crash("right");
    expect(heard.at(-2)?.endsWith("left disconnected right") || heard.at(-1)?.endsWith("left disconnected right")).toBe(
      true,
    );
    expect(await lost).toBe("unavailable");
    const again = network.createTransport("right", { gate: OPEN_GATE });
    await again.start();
    await clock.settle(left.connect(network.addressOf("right"), { deadlineMs: 1_000 }));
    await Promise.all([left.stop(), again.stop()]);
    await clock.advance(60_000);
    expect(clock.pendingTimers).toBe(0);
  });

  test("a half-open connection is replaced when the side that lost it dials again", async () => {
    for (const forgetful of ["left", "right"]) {
      const world = await createWorld();
      const { network, clock, left, right, heard } = world;
      const [from, to] = forgetful === "left" ? [left, right] : [right, left];
      network.partition("left", "right", { how: "stall", direction: "both" });
      await from.disconnect(to.localPeerId);
      expect(to.connectedPeers).toEqual([forgetful]);
      network.heal("left", "right");
      // The old connection's goodbye is still under way when the new session opens.
      await clock.settle(from.connect(network.addressOf(to.localPeerId), { deadlineMs: 5_000 }));
      await clock.advance(3_000);
      expect([left.connectedPeers, right.connectedPeers]).toEqual([["right"], ["left"]]);
      expect(await ask(world)).toBe(10);
      expect(heard.filter((line) => line.includes("connected")).length).toBe(6);
      await Promise.all([left.stop(), right.stop()]);
    }
  });

  test("one write per direction and turn carries all concurrent requests", async () => {
    const { network, clock, left } = await createWorld();
    const before = network.faults.counts.writes;
    const answers = Array.from({ length: 256 }, () =>
      left.request("right", ECHO, new Uint8Array(300), { deadlineMs: 1_000 }),
    );
    await clock.settle(Promise.all(answers));
    expect(network.faults.counts.writes - before).toBe(2);
  });
});
