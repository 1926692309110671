import type { SimulatedNode } from "../cluster/simulated-node.ts";
import type { World } from "../cluster/world.ts";
import type { Route } from "../network/virtual-network.ts";
import type { SeededRandom } from "../random/seeded-random.ts";

/**
 * A bare majority stays whole; everybody else is dead, or reaches some of it in one direction or the other. That is
 * enough for the cluster to serve, however the rest behaves: half-connected nodes must not keep the others from it.
 *
 * @returns how to mend it again
 */
export function breakMinority(world: World, random: SeededRandom): () => void {
  const nodes = [...world.nodes.values()];
  const voters = world.leader?.membership?.voters ?? [];
  const healthy = random.shuffled(voters).filter((nodeId) => !world.node(nodeId).isDamaged);
  const core = new Set(healthy.slice(0, Math.floor(voters.length / 2) + 1));
  const members = nodes.filter(({ nodeId }) => core.has(nodeId));
  const outsiders = nodes.filter(({ nodeId }) => !core.has(nodeId));
  const dead = outsiders.filter(() => random.below(3) === 0);
  for (const node of dead) world.endProcess(node, "powerCut");
  const routes = outsiders.flatMap((outsider) => members.flatMap((member) => drawCuts(random, outsider, member)));
  const mend = world.network.cut(routes);
  world.trace.note("fault", "minority", `${[...core].join(", ")} are whole, ${routes.length} routes are cut`);
  return () => {
    mend();
    for (const node of dead) world.startAgain(node);
    world.trace.note("fault", "minority", "ends");
  };
}

function drawCuts(random: SeededRandom, { peerId }: SimulatedNode, member: SimulatedNode): readonly Route[] {
  const away: Route = [peerId, member.peerId];
  const back: Route = [member.peerId, peerId];
  return random.pick([[away, back], [away, back], [away, back], [away], [back], []]);
}
