import type { NodeMetrics } from "@aspenjs/api";
import type { SimulatedNode } from "../cluster/simulated-node.ts";
import type { World } from "../cluster/world.ts";

const LOOK_EVERY_US = 250_000;

/**
 * What waits in a node does not grow beyond its bound: bytes for a peer that does not read, and writes and reads for a
 * consensus that does not come.
 */
export class BoundedQueues {
  readonly name = "bounded-queues";
  readonly #world: World;
  /** The fullest that any queue has been, in bytes. */
  queuedBytesMax = 0;
  /** The most that ever waited in one node. */
  writesWaitingMax = 0;
  readsWaitingMax = 0;

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
    this.#lookAtWaiting(name, life.node.metrics());
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

  #lookAtWaiting(name: string, { proposalsInFlight, readsWaiting }: NodeMetrics): void {
    const { proposalsMax, readsMax } = this.#world.config;
    this.writesWaitingMax = Math.max(this.writesWaitingMax, proposalsInFlight);
    this.readsWaitingMax = Math.max(this.readsWaitingMax, readsWaiting);
    if (proposalsInFlight > proposalsMax) {
      this.#world.fail(this.name, `${proposalsInFlight} writes wait in ${name}, at most ${proposalsMax} may`);
    }
    if (readsWaiting > readsMax) {
      this.#world.fail(this.name, `${readsWaiting} reads wait in ${name}, at most ${readsMax} may`);
    }
  }
}
