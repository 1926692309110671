import type { Death, SimulatedNode } from "../cluster/simulated-node.ts";
import type { World } from "../cluster/world.ts";
import type { SeededRandom } from "../random/seeded-random.ts";
import { SKIPPED, type Fault, type FaultOutcome, type Undo } from "./fault.ts";

const OPERATIONS_BEFORE_DEATH_MAX = 60;

function runningNodes(world: World): readonly SimulatedNode[] {
  return [...world.nodes.values()].filter(({ process }) => process !== undefined);
}

export function pickRunning(world: World, random: SeededRandom): SimulatedNode | undefined {
  const running = runningNodes(world);
  return running.length === 0 ? undefined : random.pick(running);
}

function end(world: World, nodes: readonly SimulatedNode[], death: Death): FaultOutcome {
  const ends = nodes.map((node) => world.takeDown(node, death));
  const names = nodes.map(({ nodeId }) => nodeId).join(", ");
  return {
    kind: "injected",
    text: `${death} ${names}`,
    undo: () => {
      for (const up of ends) up();
    },
  };
}

/** `kill -9`. */
export const killProcess: Fault = {
  name: "kill-process",
  durationMsMin: 10,
  durationMsMax: 4_000,
  weight: 4,
  strike({ world }, random) {
    const node = pickRunning(world, random);
    return node === undefined ? SKIPPED : end(world, [node], "killed");
  },
};

/** The process dies between two of its operations, in the middle of a turn: some messages out, others not. */
export const killMidway: Fault = {
  name: "kill-midway",
  durationMsMin: 10,
  durationMsMax: 4_000,
  weight: 4,
  strike({ world }, random) {
    const node = pickRunning(world, random);
    const process = node?.process;
    if (node === undefined || process === undefined) return SKIPPED;
    const operations = 1 + random.below(OPERATIONS_BEFORE_DEATH_MAX);
    const death = random.below(2) === 0 ? "killed" : "powerCut";
    let bringUp: Undo | undefined;
    let isOver = false;
    const spare = process.killAfter(operations, () => {
      if (node.process !== process) return;
      bringUp = world.takeDown(node, death);
      if (isOver) bringUp();
    });
    return {
      kind: "injected",
      text: `node ${node.nodeId} dies after ${operations} operations`,
      undo: () => {
        isOver = true;
        spare();
        bringUp?.();
      },
    };
  },
};

export const cutPower: Fault = {
  name: "power-cut",
  durationMsMin: 50,
  durationMsMax: 4_000,
  weight: 3,
  strike({ world }, random) {
    const node = pickRunning(world, random);
    return node === undefined ? SKIPPED : end(world, [node], "powerCut");
  },
};

/** The whole machine room at once. */
export const cutAllPower: Fault = {
  name: "power-cut-everywhere",
  durationMsMin: 50,
  durationMsMax: 3_000,
  weight: 1,
  strike({ world }) {
    return end(world, runningNodes(world), "powerCut");
  },
};

/** SIGSTOP, and SIGCONT later: everything that fell due meanwhile happens then, late. */
export const pauseProcess: Fault = {
  name: "pause-process",
  durationMsMin: 300,
  durationMsMax: 6_000,
  weight: 3,
  strike({ world }, random) {
    const node = pickRunning(world, random);
    const process = node?.process;
    if (node === undefined || process === undefined) return SKIPPED;
    const goOn = process.pause();
    world.trace.note("life", node.name, "stands still");
    return {
      kind: "injected",
      text: `node ${node.nodeId} stands still`,
      undo: () => {
        const wasPaused = process.isPaused;
        goOn();
        if (wasPaused && !process.isPaused) world.trace.note("life", node.name, "goes on");
      },
    };
  },
};

/** As a long garbage collection, or a machine that swaps. */
export const stallProcess: Fault = { ...pauseProcess, name: "stall-process", durationMsMin: 5, durationMsMax: 250 };

/** More than a node that stands still can be told: what waits for it must not grow without bound. */
export const floodPaused: Fault = {
  name: "flood",
  durationMsMin: 1_500,
  durationMsMax: 4_000,
  // So costly to live through that it is planned by itself, once in a while.
  weight: 0,
  strike(scene, random) {
    scene.workload.flood();
    return pauseProcess.strike(scene, random);
  },
};

/** Whatever it waits for, and whatever lock it holds. */
export const killClient: Fault = {
  name: "kill-client",
  durationMsMin: 0,
  durationMsMax: 0,
  weight: 2,
  strike({ workload }, random) {
    const name = workload.replaceOne(random);
    return name === undefined ? SKIPPED : { kind: "injected", text: `client ${name} dies` };
  },
};
