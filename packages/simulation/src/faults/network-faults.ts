import type { PeerId } from "@aspenjs/api";
import type { World } from "../cluster/world.ts";
import { ratio } from "../random/ratio.ts";
import type { SeededRandom } from "../random/seeded-random.ts";
import type { MessageFaults } from "../network/lossy-transport.ts";
import type { Route } from "../network/virtual-network.ts";
import { slowDown } from "./clock-faults.ts";
import { SKIPPED, type Fault, type FaultOutcome } from "./fault.ts";

const BURST_US = 1_800_000;

function nodePeers(world: World): readonly PeerId[] {
  return [...world.nodes.values()].map(({ peerId }) => peerId);
}

/** Clients are cut off with the side that they are drawn to. */
function allPeers(world: World): readonly PeerId[] {
  const clients = world.clients.filter(({ process }) => process.isAlive);
  return [...nodePeers(world), ...clients.map(({ peerId }) => peerId)];
}

function between(left: readonly PeerId[], right: readonly PeerId[]): readonly Route[] {
  return left.flatMap((from) => right.flatMap((to) => [[from, to] as const, [to, from] as const]));
}

/** Bytes stop, or connections break as well. */
function cut(world: World, random: SeededRandom, routes: readonly Route[], text: string): FaultOutcome {
  const { network } = world;
  if (random.below(3) === 0) {
    return { kind: "injected", text: `${text}, connections reset`, undo: network.sever(routes) };
  }
  return { kind: "injected", text, undo: network.cut(routes) };
}

export const isolateNode: Fault = {
  name: "isolate-node",
  durationMsMin: 200,
  durationMsMax: 8_000,
  weight: 3,
  strike({ world }, random) {
    const alone = random.pick(nodePeers(world));
    const others = nodePeers(world).filter((peerId) => peerId !== alone);
    return cut(world, random, between([alone], others), `${alone} is cut off from the other nodes`);
  },
};

/** The leader, slow if there are leases, and a busy reader on one side; the other nodes and busy writers on the other. */
export const isolateLeader: Fault = {
  name: "isolate-leader",
  durationMsMin: 1_000,
  durationMsMax: 3_000,
  weight: 3,
  strike({ world, workload }, random) {
    const { leader } = world;
    if (leader === undefined) return SKIPPED;
    const others = nodePeers(world).filter((peerId) => peerId !== leader.peerId);
    const { network } = world;
    const writeTo = others.map((peerId) => network.addressOf(peerId));
    workload.burst(network.addressOf(leader.peerId), writeTo, BURST_US);
    const setClocksRight = slowDown(world, leader);
    const outcome = cut(world, random, between([leader.peerId], others), `${leader.peerId}, who leads, is cut off`);
    if (outcome.kind !== "injected") return outcome;
    return {
      ...outcome,
      undo: () => {
        setClocksRight();
        outcome.undo?.();
      },
    };
  },
};

export const splitCluster: Fault = {
  name: "split-cluster",
  durationMsMin: 200,
  durationMsMax: 8_000,
  weight: 3,
  strike({ world }, random) {
    const peers = random.shuffled(allPeers(world));
    const size = 1 + random.below(peers.length - 1);
    const [left, right] = [peers.slice(0, size), peers.slice(size)];
    return cut(world, random, between(left, right), `${left.join(" ")} | ${right.join(" ")}`);
  },
};

/** One direction alone: a node is heard and hears nothing, or the other way round. */
export const cutOneWay: Fault = {
  name: "one-way-cut",
  durationMsMin: 200,
  durationMsMax: 8_000,
  weight: 3,
  strike({ world }, random) {
    const [from, ...others] = random.shuffled(nodePeers(world));
    if (from === undefined || others.length === 0) return SKIPPED;
    const cutOff = others.slice(0, 1 + random.below(others.length));
    const isDeaf = random.below(2) === 0;
    const routes = cutOff.map((to): Route => (isDeaf ? [to, from] : [from, to]));
    const text = isDeaf
      ? `${from} hears nothing from ${cutOff.join(" ")}`
      : `${from} is not heard by ${cutOff.join(" ")}`;
    return { kind: "injected", text, undo: world.network.cut(routes) };
  },
};

/** Two halves that only one node connects: what keeps a stale leader alive elsewhere. */
export const bridgeCluster: Fault = {
  name: "bridge",
  durationMsMin: 500,
  durationMsMax: 8_000,
  weight: 2,
  strike({ world }, random) {
    const [bridge, ...others] = random.shuffled(nodePeers(world));
    if (bridge === undefined || others.length < 2) return SKIPPED;
    const size = 1 + random.below(others.length - 1);
    const [left, right] = [others.slice(0, size), others.slice(size)];
    return cut(world, random, between(left, right), `${left.join(" ")} and ${right.join(" ")} meet at ${bridge} alone`);
  },
};

export const resetConnections: Fault = {
  name: "reset-connections",
  durationMsMin: 0,
  durationMsMax: 0,
  weight: 2,
  strike({ world }, random) {
    const [left, right] = random.shuffled(allPeers(world));
    if (left === undefined || right === undefined) return SKIPPED;
    world.network.reset(left, right);
    return { kind: "injected", text: `connections between ${left} and ${right} break` };
  },
};

export const slowLink: Fault = {
  name: "slow-link",
  durationMsMin: 500,
  durationMsMax: 8_000,
  weight: 2,
  strike({ world }, random) {
    const [from, to] = random.shuffled(nodePeers(world));
    if (from === undefined || to === undefined) return SKIPPED;
    const { conditions } = world.network;
    const delayUsMin = 10_000 + random.below(200_000);
    const bytesPerMs = random.below(2) === 0 ? 0 : 5 + random.below(200);
    const quality = { ...world.quality, delayUsMin, delayUsMax: 2 * delayUsMin, bytesPerMs };
    return {
      kind: "injected",
      text: `${from} to ${to} takes ${delayUsMin} us or twice that, ${bytesPerMs} bytes per ms`,
      undo: conditions.layRouteQuality(from, to, quality),
    };
  },
};

/** Lost segments everywhere, and now and then a changed one. */
export const badNetwork: Fault = {
  name: "bad-network",
  durationMsMin: 500,
  durationMsMax: 6_000,
  weight: 2,
  strike({ world }, random) {
    const { conditions } = world.network;
    const loss = ratio(random.below(25), 100);
    const corruption = ratio(random.below(10), 1_000);
    const undo = conditions.layQuality({ ...world.quality, loss, corruption });
    const text = `${loss.numerator} % of segments lost, ${corruption.numerator} of 1,000 changed`;
    return { kind: "injected", text, undo };
  },
};

/** Consensus messages get lost, come twice, overtake each other. */
export const badMessages: Fault = {
  name: "bad-messages",
  durationMsMin: 500,
  durationMsMax: 8_000,
  weight: 3,
  strike({ world }, random) {
    const faults: MessageFaults = {
      loss: ratio(random.below(30), 100),
      duplication: ratio(random.below(30), 100),
      delay: ratio(random.below(50), 100),
      delayUsMax: 1_000 + random.below(400_000),
    };
    const { loss, duplication, delay } = faults;
    return {
      kind: "injected",
      text: `${loss.numerator} % of messages lost, ${duplication.numerator} % doubled, ${delay.numerator} % late`,
      undo: world.messageFaults.lay(faults),
    };
  },
};
