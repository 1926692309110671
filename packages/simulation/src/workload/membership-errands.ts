import type { ClusterController, Membership, NodeId } from "@aspenjs/api";
import type { SimulatedNode } from "../cluster/simulated-node.ts";
import type { World } from "../cluster/world.ts";
import type { SeededRandom } from "../random/seeded-random.ts";
import type { OperationName } from "./operation-name.ts";

/** What an operator sets out to do: one call after the other, each only when the one before it succeeded. */
export interface Errand {
  readonly text: string;
  readonly steps: readonly ErrandStep[];
}

export interface ErrandStep {
  readonly name: OperationName;
  readonly call: (cluster: ClusterController) => Promise<unknown>;
}

const VOTERS_MIN = 3;
const SPARE_NODES_MAX = 3;
const CALL_DEADLINE_MS = 8_000;

/** Draws what is to become of a membership. A voter that is damaged is replaced before anything else happens. */
export class MembershipErrands {
  readonly #world: World;
  readonly #nodeCount: number;

  constructor(world: World, nodeCount: number) {
    this.#world = world;
    this.#nodeCount = nodeCount;
  }

  draw(membership: Membership, random: SeededRandom): Errand | undefined {
    const damaged = membership.nodes.find(({ nodeId }) => this.#world.node(nodeId).isDamaged)?.nodeId;
    if (damaged !== undefined) {
      return membership.voters.includes(damaged) ? this.#renew(damaged, membership, random) : remove(damaged);
    }
    const draws = [() => this.#exchange(membership, random), () => this.#join(random)];
    if (removable(membership).length > 0) draws.push(() => remove(random.pick(removable(membership))));
    if (this.#hasCandidate(membership)) {
      draws.push(() => this.#grow(membership, random));
      draws.push(() => this.#renew(random.pick(membership.voters), membership, random));
    }
    return random.pick(draws)();
  }

  #join(random: SeededRandom): Errand | undefined {
    const node = this.#spareNode();
    if (node === undefined) return undefined;
    return { text: `node ${node.nodeId} is to join as a learner`, steps: [addLearner(node, random)] };
  }

  #grow(membership: Membership, random: SeededRandom): Errand | undefined {
    const candidate = this.#candidate(membership, undefined, random);
    if (candidate === undefined) return undefined;
    const { nodeId } = candidate;
    const promote: ErrandStep = {
      name: "promote",
      call: (cluster) => cluster.promoteLearner(nodeId, { deadlineMs: CALL_DEADLINE_MS }),
    };
    return { text: `node ${nodeId} is to vote`, steps: [...candidate.steps, promote] };
  }

  #renew(replaced: NodeId, membership: Membership, random: SeededRandom): Errand | undefined {
    const candidate = this.#candidate(membership, replaced, random);
    if (candidate === undefined) return undefined;
    const { nodeId } = candidate;
    const replace: ErrandStep = {
      name: "replace",
      call: (cluster) => cluster.promoteLearner(nodeId, { replace: replaced, deadlineMs: CALL_DEADLINE_MS }),
    };
    return { text: `node ${nodeId} is to replace node ${replaced}`, steps: [...candidate.steps, replace] };
  }

  /** From any set of voters to any other, by joint consensus. */
  #exchange({ nodes }: Membership, random: SeededRandom): Errand | undefined {
    const members = nodes.map(({ nodeId }) => nodeId);
    if (members.length < VOTERS_MIN) return undefined;
    const voters = random.shuffled(members).slice(0, random.between(VOTERS_MIN, members.length));
    const retainRemovedAsLearners = random.below(2) === 0;
    const change: ErrandStep = {
      name: "changeMembership",
      call: (cluster) => cluster.changeMembership(voters, { retainRemovedAsLearners, deadlineMs: CALL_DEADLINE_MS }),
    };
    return { text: `voters are to be ${voters.join(", ")}`, steps: [change] };
  }

  /** Who may become a voter, and what has to happen before: a learner, or a spare node that joins first. */
  #candidate(
    { learners }: Membership,
    replaced: NodeId | undefined,
    random: SeededRandom,
  ): { readonly nodeId: NodeId; readonly steps: readonly ErrandStep[] } | undefined {
    const ready = learners.filter((nodeId) => nodeId !== replaced && !this.#world.node(nodeId).isDamaged);
    if (ready.length > 0) return { nodeId: random.pick(ready), steps: [] };
    const node = this.#spareNode();
    return node === undefined ? undefined : { nodeId: node.nodeId, steps: [addLearner(node, random)] };
  }

  #hasCandidate({ learners }: Membership): boolean {
    return learners.length > 0 || this.#idleNode() !== undefined || this.#hasRoom();
  }

  /** A node that runs and belongs to nobody; a new machine when there is none. */
  #spareNode(): SimulatedNode | undefined {
    const idle = this.#idleNode();
    if (idle !== undefined || !this.#hasRoom()) return idle;
    const node = this.#world.addNode(this.#world.nodes.size + 1);
    node.start();
    return node;
  }

  #idleNode(): SimulatedNode | undefined {
    return [...this.#world.nodes.values()].find((node) => !node.isDamaged && !this.#world.isMember(node.nodeId));
  }

  #hasRoom(): boolean {
    const usable = [...this.#world.nodes.values()].filter(({ isDamaged }) => !isDamaged).length;
    return usable < this.#nodeCount + SPARE_NODES_MAX;
  }
}

function addLearner({ record }: SimulatedNode, random: SeededRandom): ErrandStep {
  const waitForCatchUp = random.below(2) === 0;
  return {
    name: "addLearner",
    call: (cluster) => cluster.addLearner(record, { waitForCatchUp, deadlineMs: CALL_DEADLINE_MS }),
  };
}

function remove(nodeId: NodeId): Errand {
  const step: ErrandStep = {
    name: "remove",
    call: (cluster) => cluster.removeNode(nodeId, { deadlineMs: CALL_DEADLINE_MS }),
  };
  return { text: `node ${nodeId} is to leave`, steps: [step] };
}

function removable({ voters, learners }: Membership): readonly NodeId[] {
  return voters.length > VOTERS_MIN ? [...voters, ...learners] : learners;
}
