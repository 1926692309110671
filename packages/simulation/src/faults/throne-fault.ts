import type { SimulatedNode } from "../cluster/simulated-node.ts";
import type { World } from "../cluster/world.ts";
import { NO_MESSAGE_FAULTS } from "../network/lossy-transport.ts";
import { ratio } from "../random/ratio.ts";
import type { SeededRandom } from "../random/seeded-random.ts";
import type { Fault } from "./fault.ts";

const OPERATIONS_MAX = 50;
const REIGNS_MS_MAX = [40, 150, 700];
const ABSENCE_MS_MAX = 1_200;

/**
 * While it lasts, nobody leads for long: whoever is elected dies after a few operations, or reaches only some of the
 * others for a moment and then dies. What one term began the next has to sort out, as in figure 8 of the paper.
 */
export const haltLeaders: Fault = {
  name: "short-reigns",
  durationMsMin: 2_000,
  durationMsMax: 12_000,
  weight: 3,
  strike({ world }, random) {
    const unsubscribe = world.onLeader((node) => depose(world, node, random));
    const loss = ratio(random.below(50), 100);
    world.messageFaults = { ...NO_MESSAGE_FAULTS, loss };
    return {
      kind: "injected",
      text: `nobody leads for long, ${loss.numerator} % of messages are lost`,
      undo: () => {
        unsubscribe();
        world.messageFaults = NO_MESSAGE_FAULTS;
      },
    };
  },
};

function depose(world: World, leader: SimulatedNode, random: SeededRandom): void {
  const { process } = leader;
  if (process === undefined) return;
  const death = random.below(2) === 0 ? "killed" : "powerCut";
  const die = (): void => {
    if (leader.process !== process) return;
    world.endProcess(leader, death);
    world.time.after(random.below(ABSENCE_MS_MAX) * 1_000, () => world.startAgain(leader));
  };
  if (random.below(2) === 0) return process.killAfter(1 + random.below(OPERATIONS_MAX), die);
  const others = [...world.nodes.values()].filter((node) => node !== leader);
  const unreached = random.shuffled(others).slice(0, random.below(others.length + 1));
  const mend = world.network.cut(unreached.map(({ peerId }) => [leader.peerId, peerId]));
  world.time.after(1_000 + random.below(random.pick(REIGNS_MS_MAX)) * 1_000, () => {
    die();
    mend();
  });
}
