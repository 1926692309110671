import type { SimulatedNode } from "../cluster/simulated-node.ts";
import type { World } from "../cluster/world.ts";
import { DRIFT_PPM_MAX } from "../time/machine-clock.ts";
import type { Fault } from "./fault.ts";

/** Clocks run at rates of their own. With leases they differ by no more than the drift that those allow for. */
export const driftClocks: Fault = {
  name: "clock-drift",
  durationMsMin: 2_000,
  durationMsMax: 20_000,
  weight: 3,
  strike({ world }, random) {
    const bound = world.driftPpmMax ?? DRIFT_PPM_MAX;
    const nodes = [...world.nodes.values()];
    // One against all the others is what leases fear most.
    const odd = random.below(2) === 0 ? random.below(nodes.length) : undefined;
    const rates = nodes.map((_, position) => {
      if (odd !== undefined) return position === odd ? -bound : bound;
      return random.pick([-bound, 0, bound, random.between(-bound, bound)]);
    });
    return {
      kind: "injected",
      text: `clocks are off by ${rates.join(", ")} ppm`,
      undo: setRates(world, nodes, (_node, position) => rates[position] ?? 0),
    };
  },
};

/** The worst that leases allow for: one clock as slow as it may be, all the others as fast. Nothing without leases. */
export function slowDown(world: World, slow: SimulatedNode): () => void {
  const bound = world.driftPpmMax;
  if (bound === undefined) return () => undefined;
  return setRates(world, [...world.nodes.values()], (node) => (node === slow ? -bound : bound));
}

function setRates(
  world: World,
  nodes: readonly SimulatedNode[],
  ratePpm: (node: SimulatedNode, position: number) => number,
): () => void {
  const ends = nodes.map((node, position) => {
    return node.machineClock.layRate(ratePpm(node, position), world.time.nowUs);
  });
  return () => {
    for (const end of ends) end(world.time.nowUs);
  };
}

export const jumpWallClock: Fault = {
  name: "clock-jump",
  durationMsMin: 0,
  durationMsMax: 0,
  weight: 1,
  strike({ world }, random) {
    const node = random.pick([...world.nodes.values()]);
    const byMs = random.between(-3_600_000, 3_600_000);
    node.machineClock.jumpWall(byMs);
    return { kind: "injected", text: `the wall clock of node ${node.nodeId} jumps by ${byMs} ms` };
  },
};
