import { AspenError, type NodeMetrics, type ScanQuery } from "@aspenjs/api";
import type { SimulatedNode } from "../cluster/simulated-node.ts";
import type { World } from "../cluster/world.ts";
import { LOCK_PREFIX } from "../workload/lock-program.ts";
import type { WatchProgram } from "../workload/watch-program.ts";
import type { StateMachineSafety } from "./state-machine-safety.ts";

const LOCKED: ScanQuery = {
  range: { kind: "prefix", prefix: LOCK_PREFIX },
  limit: 1,
  reverse: false,
  keysOnly: true,
  after: undefined,
};
const LOOK_US = 200_000;
const CALL_DEADLINE_MS = 5_000;
const RETRY_MS = 200;

/**
 * Once the faults have stopped the cluster comes back by itself, within a bound of virtual time: one leader, a write
 * and a read served, and every member at one place with one state.
 */
export class Liveness {
  readonly #world: World;
  #callers = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Everything is whole: it serves, and all members come to one place with one state. */
  async assertWhole(withinUs: number, safety: StateMachineSafety): Promise<void> {
    const isServed = this.#call();
    await this.#await(withinUs, () => (isServed() ? this.#disagreement() : "it serves nobody"));
    for (const { nodeId, machine } of this.#world.nodes.values()) {
      if (machine !== undefined) safety.compare(nodeId, machine);
    }
    await this.#world.time.pass(LOOK_US);
  }

  /** A majority is whole: it serves. */
  async assertServing(withinUs: number): Promise<void> {
    const isServed = this.#call();
    await this.#await(withinUs, () => (isServed() ? "" : "a majority that is whole serves nobody"));
  }

  /** Nobody keeps any lease alive any more: all of them end, and so do their keys. */
  async assertLeasesEnd(withinUs: number): Promise<void> {
    await this.#await(withinUs, () => {
      const machine = this.#world.leader?.machine;
      if (machine === undefined) return "nobody leads";
      const [lease] = machine.leases(0, 1);
      if (lease !== undefined) return `lease ${lease.leaseId} does not end`;
      const [entry] = machine.scan(LOCKED).entries;
      return entry === undefined ? "" : `${entry.key} is still there, and its lease is not`;
    });
  }

  /** Whoever watches has been told everything. */
  async assertWatchersTold(withinUs: number, watchers: readonly WatchProgram[]): Promise<void> {
    await this.#await(withinUs, () => {
      const revision = this.#world.leader?.machine?.revision;
      if (revision === undefined) return "nobody leads";
      const behind = watchers.find(({ toldRevision = -1 }) => toldRevision < revision);
      return behind === undefined ? "" : `${behind.name} was told up to ${behind.toldRevision} of ${revision}`;
    });
  }

  async #await(withinUs: number, missing: () => string): Promise<void> {
    const world = this.#world;
    const endUs = world.time.nowUs + withinUs;
    let last = missing();
    while (last !== "" && world.violation === undefined && world.time.nowUs < endUs) {
      await world.time.pass(LOOK_US);
      last = missing();
    }
    if (last !== "") world.fail("liveness", `${withinUs / 1_000_000} s after the last fault: ${last}`);
  }

  /** A client that writes and reads once, however often it has to try. @returns whether it has */
  #call(): () => boolean {
    this.#callers += 1;
    const client = this.#world.addClient(`caller-${this.#callers}`);
    const options = { deadlineMs: CALL_DEADLINE_MS };
    let isServed = false;
    client.run(async () => {
      while (!isServed) {
        try {
          const connected = await client.connect(options);
          try {
            await connected.store.write({ kind: "set", key: "last", value: new Uint8Array(1) }, options);
            await connected.store.get({ key: "last" }, options);
            isServed = true;
          } finally {
            await connected.close();
          }
        } catch (error) {
          if (!(error instanceof AspenError)) throw error;
          await client.sleep(RETRY_MS);
        }
      }
    });
    return () => isServed;
  }

  /** What keeps the members from being one; empty when nothing does. */
  #disagreement(): string {
    const { leader } = this.#world;
    const metrics = leader?.node?.metrics();
    const membership = leader?.membership;
    if (metrics === undefined || membership === undefined) return "nobody leads";
    if (membership.outgoingVoters.length > 0) return "the membership is still in its joint phase";
    for (const { nodeId } of membership.nodes) {
      const member = this.#world.node(nodeId);
      if (member.isDamaged) continue;
      const problem = problemOf(member, metrics);
      if (problem !== undefined) return problem;
      if (JSON.stringify(member.membership) !== JSON.stringify(membership)) {
        return `node ${nodeId} knows another membership than the leader`;
      }
    }
    return "";
  }
}

function problemOf(member: SimulatedNode, leader: NodeMetrics): string | undefined {
  const metrics = member.node?.metrics();
  if (metrics === undefined) return `node ${member.nodeId} is not up: ${JSON.stringify(member.life.kind)}`;
  if (metrics.term !== leader.term) {
    return `node ${member.nodeId} is in term ${metrics.term}, the leader in ${leader.term}`;
  }
  if (metrics.appliedIndex === leader.lastLogId.index) return undefined;
  return `node ${member.nodeId} has applied ${metrics.appliedIndex} of ${leader.lastLogId.index}`;
}
