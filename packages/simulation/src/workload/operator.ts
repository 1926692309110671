import { AspenError, type Membership, type NodeId } from "@aspenjs/api";
import type { AspenClient } from "@aspenjs/client";
import type { SimulatedClient } from "../cluster/simulated-client.ts";
import type { SimulatedNode } from "../cluster/simulated-node.ts";
import type { World } from "../cluster/world.ts";
import type { SeededRandom } from "../random/seeded-random.ts";

const VOTERS_MIN = 3;
const SPARE_NODES_MAX = 3;
const CALL_DEADLINE_MS = 8_000;
/** After a call whose outcome nobody knows, this long until it has certainly ended one way or the other. */
const SETTLING_US = 30_000_000;

/** Who changes the cluster: one thing at a time, with a client of its own. Errors are what operators live with. */
export class Operator {
  readonly #world: World;
  readonly #client: SimulatedClient;
  readonly #nodeCount: number;
  #connected: AspenClient | undefined;
  #isBusy = false;
  #isStopping = false;
  #unsettledUntilUs = 0;
  /** Calls that succeeded, by name. */
  readonly counts: Record<string, number> = {};

  constructor(world: World, nodeCount: number) {
    this.#world = world;
    this.#client = world.addClient("operator");
    this.#nodeCount = nodeCount;
  }

  /** Nothing is under way that could still change the membership. */
  get isSettled(): boolean {
    return !this.#isBusy && this.#world.time.nowUs >= this.#unsettledUntilUs;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  stop(): void {
    this.#isStopping = true;
  }

  /** Founds the cluster on the first nodes. */
  found(nodeIds: readonly NodeId[]): void {
    const records = nodeIds.map((nodeId) => this.#world.node(nodeId).record);
    this.#client.run(async () => {
      for (;;) {
        try {
          const client = await this.#client.connect();
          await client.cluster.init(records);
          this.#connected = client;
          this.#count("init");
          return;
        } catch (error) {
          if (!(error instanceof AspenError)) throw error;
          if (error.code === "already_initialized") {
            this.#count("init");
            return;
          }
          await this.#client.sleep(500);
        }
      }
    });
  }

  transferLeadership(random: SeededRandom): boolean {
    const nodeId = random.below(2) === 0 ? undefined : this.#pickMember(random);
    return this.#do("transferLeadership", async ({ cluster }) => {
      await cluster.transferLeadership(nodeId, { deadlineMs: CALL_DEADLINE_MS });
    });
  }

  /** On one node, not necessarily the leader. */
  takeSnapshot(random: SeededRandom): boolean {
    const running = [...this.#world.nodes.values()].filter(({ node }) => node?.isInitialized === true);
    if (running.length === 0) return false;
    const node = random.pick(running);
    const controller = node.node?.controller;
    const process = node.process;
    if (controller === undefined || process === undefined) return false;
    process.run(() => {
      controller.triggerSnapshot({ deadlineMs: CALL_DEADLINE_MS }).then(
        () => this.#count("takeSnapshot"),
        (error: unknown) => {
          if (!(error instanceof AspenError)) throw error;
        },
      );
    });
    return true;
  }

  /** @returns what is tried, or nothing when the operator is busy */
  changeMembership(random: SeededRandom): string | undefined {
    if (this.#isBusy || this.#isStopping) return undefined;
    const membership = this.#latestMembership();
    if (membership === undefined) return undefined;
    const damaged = membership.nodes.find(({ nodeId }) => this.#world.node(nodeId).isDamaged);
    if (damaged !== undefined) return this.#replace(damaged.nodeId, membership, random);
    const choices = [
      () => this.#addLearner(random),
      () => this.#promote(membership, random),
      () => this.#remove(membership, random),
      () => this.#exchange(membership, random),
    ];
    return random.pick(choices)();
  }

  /** Steps of a replacement, one at a time: a spare learner first, then the exchange. */
  #replace(nodeId: NodeId, { voters, learners }: Membership, random: SeededRandom): string | undefined {
    const learner = learners.find((candidate) => candidate !== nodeId);
    if (!voters.includes(nodeId)) return this.#removeNode(nodeId);
    if (learner === undefined) return this.#addLearner(random);
    this.#do("replace", async ({ cluster }) => {
      await cluster.promoteLearner(learner, { replace: nodeId, deadlineMs: CALL_DEADLINE_MS });
    });
    return `node ${learner} replaces node ${nodeId}`;
  }

  #addLearner(random: SeededRandom): string | undefined {
    const node = this.#spareNode();
    if (node === undefined) return undefined;
    const waitForCatchUp = random.below(2) === 0;
    this.#do("addLearner", async ({ cluster }) => {
      await cluster.addLearner(node.record, { waitForCatchUp, deadlineMs: CALL_DEADLINE_MS });
    });
    return `node ${node.nodeId} is to join as a learner`;
  }

  #promote({ learners }: Membership, random: SeededRandom): string | undefined {
    if (learners.length === 0) return undefined;
    const nodeId = random.pick(learners);
    this.#do("promote", async ({ cluster }) => {
      await cluster.promoteLearner(nodeId, { deadlineMs: CALL_DEADLINE_MS });
    });
    return `node ${nodeId} is to vote`;
  }

  #remove({ voters, learners }: Membership, random: SeededRandom): string | undefined {
    const removable = voters.length > VOTERS_MIN ? [...voters, ...learners] : learners;
    return removable.length === 0 ? undefined : this.#removeNode(random.pick(removable));
  }

  #removeNode(nodeId: NodeId): string {
    this.#do("remove", async ({ cluster }) => {
      await cluster.removeNode(nodeId, { deadlineMs: CALL_DEADLINE_MS });
    });
    return `node ${nodeId} is to leave`;
  }

  /** From any set of voters to any other, by joint consensus. */
  #exchange({ nodes }: Membership, random: SeededRandom): string | undefined {
    const usable = nodes.map(({ nodeId }) => nodeId);
    if (usable.length < VOTERS_MIN) return undefined;
    const size = random.between(VOTERS_MIN, usable.length);
    const voters = random.shuffled(usable).slice(0, size);
    const retainRemovedAsLearners = random.below(2) === 0;
    this.#do("changeMembership", async ({ cluster }) => {
      await cluster.changeMembership(voters, { retainRemovedAsLearners, deadlineMs: CALL_DEADLINE_MS });
    });
    return `voters are to be ${voters.join(", ")}`;
  }

  /** A node that runs and belongs to nobody; a new machine when there is none. */
  #spareNode(): SimulatedNode | undefined {
    const { nodes } = this.#world;
    const spare = [...nodes.values()].find((node) => !node.isDamaged && !this.#world.isMember(node.nodeId));
    if (spare !== undefined) return spare;
    const usable = [...nodes.values()].filter(({ isDamaged }) => !isDamaged).length;
    if (usable >= this.#nodeCount + SPARE_NODES_MAX) return undefined;
    const node = this.#world.addNode(nodes.size + 1);
    node.start();
    return node;
  }

  #latestMembership(): Membership | undefined {
    return this.#world.leader?.membership;
  }

  #pickMember(random: SeededRandom): NodeId | undefined {
    const membership = this.#latestMembership();
    return membership === undefined ? undefined : random.pick(membership.voters);
  }

  #do(name: string, work: (client: AspenClient) => Promise<void>): boolean {
    if (this.#isBusy || this.#isStopping) return false;
    this.#isBusy = true;
    this.#client.run(async () => {
      try {
        this.#connected ??= await this.#client.connect();
        await work(this.#connected);
        this.#count(name);
        this.#world.trace.note("operator", "operator", `${name}: done`);
      } catch (error) {
        if (!(error instanceof AspenError)) throw error;
        this.#unsettledUntilUs = this.#world.time.nowUs + SETTLING_US;
        this.#world.trace.note("operator", "operator", `${name}: ${error.code}, ${error.message}`);
      } finally {
        this.#isBusy = false;
      }
    });
    return true;
  }

  #count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }
}
