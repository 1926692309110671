import { AspenError, assert, type NodeId } from "@aspenjs/api";
import type { AspenClient } from "@aspenjs/client";
import type { Death, SimulatedNode } from "../cluster/simulated-node.ts";
import type { World } from "../cluster/world.ts";
import type { SeededRandom } from "../random/seeded-random.ts";

const PATIENCE_MS = 60_000;

/** What a scenario acts on. Nothing moves but when it says so: every method that waits lets virtual time pass. */
export class Stage {
  readonly world: World;
  /** For choices of the scenario's own. */
  readonly random: SeededRandom;
  readonly #healings: (() => void)[] = [];
  #clientCount = 0;

  constructor(world: World) {
    this.world = world;
    this.random = world.random.child("scenario");
  }

  get nodes(): readonly SimulatedNode[] {
    return [...this.world.nodes.values()];
  }

  node(nodeId: NodeId): SimulatedNode {
    return this.world.node(nodeId);
  }

  /** @throws Error as soon as a checker has noticed something: what comes after it does not count */
  async pass(durationMs: number): Promise<void> {
    await this.#runUntil(() => false, durationMs);
  }

  /** Lets time pass until it is so. @throws Error when it is not so in time, or a checker has noticed something */
  async until(what: string, isSo: () => boolean, withinMs = PATIENCE_MS): Promise<void> {
    await this.#runUntil(isSo, withinMs);
    if (!isSo()) throw new Error(`not within ${withinMs} ms: ${what}`);
  }

  /** Lets time pass until the promise settles. */
  async settle<Value>(promise: Promise<Value>, withinMs = PATIENCE_MS): Promise<Value> {
    let isSettled = false;
    const note = (): void => {
      isSettled = true;
    };
    promise.then(note, note);
    await this.until("a promise settles", () => isSettled, withinMs);
    return promise;
  }

  /** Whoever leads in the latest term, once somebody does. */
  async leader(): Promise<SimulatedNode> {
    await this.until("somebody leads", () => this.world.leader !== undefined);
    const { leader } = this.world;
    assert(leader !== undefined, "somebody leads");
    return leader;
  }

  /** A client of its own machine; with `to`, one that talks to that node alone. */
  async client(to?: SimulatedNode): Promise<AspenClient> {
    this.#clientCount += 1;
    const client = this.world.addClient(`client ${this.#clientCount}`);
    const endpoint = to === undefined ? {} : { endpoint: this.world.network.addressOf(to.peerId) };
    const connected = Promise.withResolvers<AspenClient>();
    client.run(() =>
      client.connect({ deadlineMs: PATIENCE_MS, ...endpoint }).then(connected.resolve, connected.reject),
    );
    return this.settle(connected.promise);
  }

  /** The code of the error that a call ends with; `undefined` when it succeeds. */
  async refusal(call: Promise<unknown>): Promise<string | undefined> {
    return this.settle(
      call.then(
        () => undefined,
        (error: unknown) => {
          if (error instanceof AspenError) return error.code;
          throw error;
        },
      ),
    );
  }

  end(node: SimulatedNode, death: Death): void {
    this.world.endProcess(node, death);
  }

  async restart(node: SimulatedNode): Promise<void> {
    this.world.startAgain(node);
    await this.until(`${node.name} is up`, () => node.node !== undefined);
  }

  /** Nothing gets through between these and those, in either direction. */
  cut(these: readonly SimulatedNode[], those: readonly SimulatedNode[]): void {
    this.cutOneWay(these, those);
    this.cutOneWay(those, these);
  }

  cutOneWay(from: readonly SimulatedNode[], to: readonly SimulatedNode[]): void {
    const routes = from.flatMap((source) => to.map((target) => [source.peerId, target.peerId] as const));
    this.#healings.push(this.world.network.cut(routes));
  }

  /** Every cut ends, who stands still goes on, and who is down starts again. */
  heal(): void {
    for (const mend of this.#healings.splice(0)) mend();
    for (const node of this.nodes) {
      node.process?.resume();
      this.world.startAgain(node);
    }
  }

  /** Time stands still once something was noticed: a story that went on waiting would wait for ever. */
  async #runUntil(isSo: () => boolean, withinMs: number): Promise<void> {
    const { world } = this;
    await world.time.runUntil(() => world.violation !== undefined || isSo(), world.time.nowUs + withinMs * 1_000);
    if (world.violation === undefined) return;
    throw new Error(`the story ends here: ${world.violation.checker} has noticed something`);
  }
}
