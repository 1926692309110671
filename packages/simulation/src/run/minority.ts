import type { PeerId } from "@aspenjs/api";
import type { SimulatedNode } from "../cluster/simulated-node.ts";
import type { World } from "../cluster/world.ts";
import type { SeededRandom } from "../random/seeded-random.ts";

type Route = readonly [from: PeerId, to: PeerId];

/**
 * A bare majority stays whole; everybody else is dead, or reaches some of it in one direction or the other. That is
 * enough for the cluster to serve, however the rest behaves: half-connected nodes must not keep the others from it.
 *
 * @returns how to mend it again
 */
export function breakMinority(world: World, random: SeededRandom): () => void {
  const nodes = [...world.nodes.values()];
  const leader = nodes.find(({ node }) => node?.metrics().role === "leader");
  const voters = leader?.membership?.voters ?? [];
  const healthy = random.shuffled(voters).filter((nodeId) => !world.node(nodeId).isDamaged);
  const core = new Set(healthy.slice(0, Math.floor(voters.length / 2) + 1));
  const members = nodes.filter(({ nodeId }) => core.has(nodeId));
  const outsiders = nodes.filter(({ nodeId }) => !core.has(nodeId));
  const dead = outsiders.filter(() => random.below(3) === 0);
  for (const node of dead) world.endProcess(node, "powerCut");
  const { conditions } = world.network;
  const cut = outsiders.flatMap((outsider) => members.flatMap((member) => drawCuts(random, outsider, member)));
  for (const [from, to] of cut) conditions.stall(from, to);
  world.trace.note("fault", "minority", `${[...core].join(", ")} are whole, ${cut.length} routes are cut`);
  return () => {
    for (const [from, to] of cut) conditions.unstall(from, to);
    world.network.noteHealed();
    for (const node of dead) world.startAgain(node);
    world.trace.note("fault", "minority", "ends");
  };
}

function drawCuts(random: SeededRandom, { peerId }: SimulatedNode, member: SimulatedNode): readonly Route[] {
  const away: Route = [peerId, member.peerId];
  const back: Route = [member.peerId, peerId];
  return random.pick([[away, back], [away, back], [away, back], [away], [back], []]);
}
