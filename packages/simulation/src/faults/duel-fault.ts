import type { SimulatedNode } from "../cluster/simulated-node.ts";
import type { World } from "../cluster/world.ts";
import type { Fault, Undo } from "./fault.ts";

const CUT_OFF_US = 60_000;
const LAST_REIGN_US = 400_000;

type Phase =
  | { readonly kind: "first" }
  | { readonly kind: "second"; readonly first: SimulatedNode }
  | { readonly kind: "return"; readonly first: SimulatedNode; readonly second: SimulatedNode }
  | { readonly kind: "over" };

/**
 * Figure 8 of the paper, played with whoever is elected: a leader writes and is not heard; the next one too; the first
 * comes back, spreads what it wrote in its earlier term, and dies before anything of its new term gets through; the
 * second comes back. What was spread must not have counted as committed.
 */
export const duel: Fault = {
  name: "duel",
  durationMsMin: 6_000,
  durationMsMax: 14_000,
  weight: 1,
  strike({ world }) {
    const fight = new Duel(world);
    fight.begin();
    return { kind: "injected", text: "two leaders write at one place, and neither is heard", undo: () => fight.end() };
  },
};

class Duel {
  readonly #world: World;
  readonly #unsubscribe: (() => void)[] = [];
  readonly #mends: Undo[] = [];
  /** How whoever is dead comes up again. */
  readonly #down = new Map<SimulatedNode, Undo>();
  #phase: Phase = { kind: "first" };

  constructor(world: World) {
    this.#world = world;
    this.#unsubscribe.push(
      world.onLeader((node) => this.#noteLeader(node)),
      world.onLogWrite((node) => this.#noteWrite(node)),
    );
  }

  /** Whoever leads now makes room. */
  begin(): void {
    const { leader } = this.#world;
    if (leader === undefined) return;
    this.#takeDown(leader);
    this.#world.time.after(CUT_OFF_US, () => this.#bringUp(leader));
  }

  end(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#phase = { kind: "over" };
    this.#mend();
    for (const node of this.#down.keys()) this.#bringUp(node);
  }

  #noteLeader(node: SimulatedNode): void {
    const phase = this.#phase;
    switch (phase.kind) {
      case "first":
        return this.#silence(node, { kind: "second", first: node });
      case "second":
        if (node === phase.first) return;
        return this.#silence(node, { kind: "return", first: phase.first, second: node });
      case "return":
        if (node === phase.first) this.#after(LAST_REIGN_US, () => this.#swap(phase.first, phase.second));
        return;
      case "over":
        return;
    }
  }

  /** Nobody hears this leader; a moment later it is dead, with what it wrote on its disk. */
  #silence(leader: SimulatedNode, next: Phase): void {
    for (const node of this.#world.nodes.values()) if (node !== leader) this.#silenceToward(leader, node);
    this.#after(CUT_OFF_US, () => {
      this.#takeDown(leader);
      this.#mend();
      this.#phase = next;
      if (next.kind === "return") this.#bringUp(next.first);
    });
  }

  /** A follower has written something: it hears no more of the one who came back. */
  #noteWrite(node: SimulatedNode): void {
    const phase = this.#phase;
    if (phase.kind !== "return" || node === phase.first) return;
    if (phase.first.isLeading) this.#silenceToward(phase.first, node);
  }

  #swap(first: SimulatedNode, second: SimulatedNode): void {
    this.#takeDown(first);
    this.#mend();
    this.#bringUp(second);
    this.#phase = { kind: "over" };
  }

  #takeDown(node: SimulatedNode): void {
    const before = this.#down.get(node);
    this.#down.set(node, this.#world.takeDown(node, "killed"));
    before?.();
  }

  #bringUp(node: SimulatedNode): void {
    this.#down.get(node)?.();
    this.#down.delete(node);
  }

  #silenceToward(from: SimulatedNode, to: SimulatedNode): void {
    this.#mends.push(this.#world.network.cut([[from.peerId, to.peerId]]));
  }

  #mend(): void {
    for (const mend of this.#mends.splice(0)) mend();
  }

  #after(delayUs: number, act: () => void): void {
    const phase = this.#phase;
    this.#world.time.after(delayUs, () => {
      if (this.#phase === phase) act();
    });
  }
}
