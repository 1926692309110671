import type { SimulatedNode } from "../cluster/simulated-node.ts";
import type { World } from "../cluster/world.ts";
import { NO_MESSAGE_FAULTS } from "../network/lossy-transport.ts";
import { ratio } from "../random/ratio.ts";
import type { SeededRandom } from "../random/seeded-random.ts";
import type { Fault, Undo } from "./fault.ts";

const OPERATIONS_MAX = 50;
const REIGNS_MS_MAX = [40, 150, 700];
const ABSENCE_MS_MAX = 1_200;

/**
 * While it lasts, nobody leads for long: whoever is elected dies after a few operations, or reaches only some of the
 * others for a moment and then dies. What one term began the next has to sort out, as in figure 8 of the paper.
 */
export const shortReigns: Fault = {
  name: "short-reigns",
  durationMsMin: 2_000,
  durationMsMax: 12_000,
  weight: 3,
  strike({ world }, random) {
    const loss = ratio(random.below(50), 100);
    const reigns = new ShortReigns(world, random);
    const hear = world.messageFaults.lay({ ...NO_MESSAGE_FAULTS, loss });
    return {
      kind: "injected",
      text: `nobody leads for long, ${loss.numerator} % of messages are lost`,
      undo: () => {
        reigns.end();
        hear();
      },
    };
  },
};

class ShortReigns {
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #unsubscribe: () => void;
  /** Whoever is doomed is spared, whoever is dead comes back, whoever is cut off is heard again. */
  readonly #undos = new Set<Undo>();

  constructor(world: World, random: SeededRandom) {
    this.#world = world;
    this.#random = random;
    this.#unsubscribe = world.onLeader((node) => this.#depose(node));
  }

  end(): void {
    this.#unsubscribe();
    for (const undo of this.#undos) undo();
    this.#undos.clear();
  }

  #depose(leader: SimulatedNode): void {
    const { process } = leader;
    if (process === undefined) return;
    const random = this.#random;
    const death = random.below(2) === 0 ? "killed" : "powerCut";
    const die = (): void => {
      if (leader.process !== process) return;
      this.#undoAfter(random.below(ABSENCE_MS_MAX) * 1_000, this.#world.takeDown(leader, death));
    };
    if (random.below(2) === 0) {
      this.#undos.add(process.killAfter(1 + random.below(OPERATIONS_MAX), die));
      return;
    }
    const others = [...this.#world.nodes.values()].filter((node) => node !== leader);
    const unreached = random.shuffled(others).slice(0, random.below(others.length + 1));
    const mend = this.#world.network.cut(unreached.map(({ peerId }) => [leader.peerId, peerId]));
    const reignUs = 1_000 + random.below(random.pick(REIGNS_MS_MAX)) * 1_000;
    this.#undoAfter(reignUs, mend, die);
  }

  /** Later, or when all of it ends; what is to happen then as well happens only later. */
  #undoAfter(delayUs: number, undo: Undo, act?: () => void): void {
    this.#undos.add(undo);
    this.#world.time.after(delayUs, () => {
      if (!this.#undos.delete(undo)) return;
      act?.();
      undo();
    });
  }
}
