import type { SimulatedNode } from "../cluster/simulated-node.ts";
import type { World } from "../cluster/world.ts";

const LOOK_EVERY_US = 250_000;

/** Bytes that wait in a node for a peer do not grow beyond their bound, whoever does not read. */
export class BoundedQueues {
  readonly name = "bounded-queues";
  readonly #world: World;
  /** The fullest that any queue has been, in bytes. */
  queuedBytesMax = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Looks again and again, as long as the world goes on. */
  watch(): void {
    this.#world.time.after(LOOK_EVERY_US, () => {
      for (const node of this.#world.nodes.values()) this.#look(node);
      this.watch();
    });
  }

  #look({ name, life }: SimulatedNode): void {
    if (life.kind !== "up") return;
    const { outgoingBytesMax, controlBytesMax } = this.#world.transportLimits;
    for (const peerId of life.endpoint.connectedPeers) {
      const queuedBytes = life.endpoint.sessionLoad(peerId)?.queuedBytes ?? 0;
      this.queuedBytesMax = Math.max(this.queuedBytesMax, queuedBytes);
      if (queuedBytes <= outgoingBytesMax + controlBytesMax) continue;
      this.#world.fail(
        this.name,
        `${queuedBytes} bytes wait in ${name} for ${peerId}, at most ${outgoingBytesMax} may`,
      );
    }
  }
}
