import { assert, type NodeId } from "@aspenjs/api";
import type { RaftConfig } from "../../src/core/config.ts";
import type { Effect } from "../../src/core/effect.ts";
import { nodeRecord, type Envelope } from "../../src/testing/scenario-cluster.ts";
import { effectText, messageText } from "../../src/testing/scenario-text.ts";
import { CheckedCluster } from "./checked-cluster.ts";
import { SeededRandom } from "./seeded-random.ts";

const ACTIONS = 1_200;
const ELECTION_TICKS_MIN = 10;
const ELECTION_TICKS_MAX = 20;
/** After healing, this is enough for elections, catching up, leaving joint memberships, and one write and read. */
const HEALING_TICKS_MAX = 20 * ELECTION_TICKS_MAX;

type Action = (world: RandomWorld) => void;

/**
 * A short life of a small cluster in which one seed decides everything: what fails, what arrives and in which order.
 * Afterwards everything heals, and the cluster must serve again.
 */
export class RandomWorld {
  readonly random: SeededRandom;
  readonly cluster: CheckedCluster;
  readonly hasLeases: boolean;
  readonly trace: string[] = [];
  #snapshotWishes: (readonly [from: NodeId, to: NodeId])[] = [];
  #offers: (readonly [from: NodeId, to: NodeId])[] = [];
  #commands = 0;
  readonly #isTraced: boolean;
  readonly #weights: readonly number[];
  readonly #weightsSum: number;

  constructor(seed: number, isTraced: boolean) {
    this.#isTraced = isTraced;
    this.random = new SeededRandom(seed);
    this.#weights = drawWeights(this.random);
    this.#weightsSum = this.#weights.reduce((sum, weight) => sum + weight, 0);
    this.hasLeases = this.random.chance(40);
    this.cluster = new CheckedCluster((nodeId, effect) => this.#observe(nodeId, effect));
    const config = this.#drawConfig();
    const nodeCount = this.random.between(3, 5);
    const voters = Array.from({ length: nodeCount }, (_, position) => position + 1);
    const first = voters.slice(0, this.random.between(1, nodeCount));
    const membership = { voters: first, outgoingVoters: [], learners: [], nodes: first.map(nodeRecord) };
    for (const nodeId of voters) {
      this.cluster.addNode(nodeId, config, this.random);
      if (first.includes(nodeId)) this.cluster.preset(nodeId, 0, undefined, [], membership);
      this.cluster.start(nodeId);
    }
  }

  get nodeIds(): readonly NodeId[] {
    return [...this.cluster.nodes.keys()];
  }

  get anyNode(): NodeId {
    return this.random.pick(this.nodeIds) ?? 1;
  }

  /** Mostly a leader, if there is one: nobody else has much to say about proposals. */
  get likelyLeader(): NodeId {
    const leaders = this.nodeIds.filter((nodeId) => this.cluster.node(nodeId).core?.view.role === "leader");
    return this.random.chance(85) ? (this.random.pick(leaders) ?? this.anyNode) : this.anyNode;
  }

  note(line: string): void {
    if (this.#isTraced) this.trace.push(line);
  }

  /** The whole life. Throws where an invariant breaks. */
  live(): void {
    for (let count = 0; count < ACTIONS; count += 1) this.#drawAction()(this);
    this.#heal();
  }

  /** Time passes everywhere alike: leases rely on it. */
  tickAll(): void {
    for (const nodeId of this.nodeIds) this.cluster.step(nodeId, { kind: "tick", elapsedTicks: 1 });
  }

  receive({ from, to, message }: Envelope): void {
    this.note(`${to} <- ${from} ${messageText(message)}`);
    this.cluster.step(to, { kind: "receive", from, message });
  }

  nextCommands(
    count: number,
  ): { readonly token: number; readonly payload: { kind: "command"; command: Uint8Array } }[] {
    return Array.from({ length: count }, () => {
      this.#commands += 1;
      const command = new TextEncoder().encode(`c${this.#commands}${"x".repeat(this.random.below(30))}`);
      return { token: this.cluster.nextToken(), payload: { kind: "command", command } };
    });
  }

  setStalled(isStalled: boolean): void {
    this.cluster.node(this.anyNode).isStalled = isStalled;
  }

  /** Some part of some snapshot's journey. */
  moveSnapshot(): void {
    const wish = this.#snapshotWishes.shift();
    if (wish !== undefined && this.cluster.node(wish[0]).core !== undefined) {
      this.cluster.offerSnapshot(...wish);
      this.#offers.push(wish);
      return;
    }
    const offer = this.#offers.shift();
    if (offer === undefined) return;
    if (this.random.chance(75)) this.cluster.installSnapshot(...offer);
    if (this.random.chance(90)) this.cluster.finishSnapshot(...offer);
    else this.#offers.push(offer);
  }

  #observe(nodeId: NodeId, effect: Effect): void {
    this.note(`  ${nodeId}: ${effectText(effect)}`);
    if (effect.kind === "sendSnapshot") this.#snapshotWishes.push([nodeId, effect.to]);
  }

  #drawAction(): Action {
    let point = this.random.below(this.#weightsSum);
    for (const [position, [, act]] of ACTIONS_BY_WEIGHT.entries()) {
      point -= this.#weights[position] ?? 0;
      if (point < 0) return act;
    }
    return calm;
  }

  #drawConfig(): Partial<RaftConfig> {
    const { random } = this;
    return {
      heartbeatTicks: 3,
      electionTicksMin: ELECTION_TICKS_MIN,
      electionTicksMax: ELECTION_TICKS_MAX,
      failoverTicksMax: random.below(4),
      lease: this.hasLeases ? { kind: "enabled", driftTicks: 1 } : { kind: "disabled" },
      inflightMessagesMax: random.between(1, 4),
      messageEntriesMax: random.between(1, 5),
      messageBytesMax: random.between(20, 300),
      retainedEntriesMin: random.below(5),
    };
  }

  #heal(): void {
    this.note("heal");
    for (const nodeId of this.nodeIds) {
      const node = this.cluster.node(nodeId);
      this.cluster.release(nodeId);
      node.isStalled = false;
      if (node.core === undefined) this.cluster.start(nodeId);
    }
    this.cluster.heal();
    this.cluster.settle();
    for (let ticks = 0; ticks < HEALING_TICKS_MAX; ticks += 1) {
      this.tickAll();
      this.cluster.settle();
      for (const offer of this.#offers.splice(0)) this.cluster.finishSnapshot(...offer);
      for (const [from, to] of this.#snapshotWishes.splice(0)) this.cluster.transferSnapshot(from, to);
      this.cluster.settle();
      if (this.#serves()) return;
    }
    const states = this.nodeIds.map((nodeId) => JSON.stringify(this.cluster.node(nodeId).core?.view));
    assert(false, `no service ${HEALING_TICKS_MAX} ticks after healing:\n${states.join("\n")}`);
  }

  /** A leader takes a write and a read, every member has applied the write, and nobody waits for an answer. */
  #serves(): boolean {
    const views = this.nodeIds
      .map((nodeId) => this.cluster.node(nodeId).core?.view)
      .filter((view) => view !== undefined);
    const leader = views.filter((view) => view.role === "leader").at(-1);
    if (leader === undefined) return false;
    const { membership } = leader.membership;
    if (membership.outgoingVoters.length > 0 || leader.membership.logId.index > leader.committed) return false;
    const before = this.cluster.committedMax;
    const token = this.cluster.nextToken();
    this.cluster.step(leader.nodeId, { kind: "propose", proposals: this.nextCommands(1) });
    this.cluster.step(leader.nodeId, { kind: "readIndex", token, mode: "quorum" });
    this.cluster.settle();
    for (let count = 0; count < 3; count += 1) this.tickAll();
    this.cluster.settle();
    const members = [...membership.voters, ...membership.learners];
    const isApplied = members.every((nodeId) => this.cluster.node(nodeId).disk.applied.index > before);
    return isApplied && this.cluster.waiting.size === 0;
  }
}

const ACTIONS_BY_WEIGHT: readonly (readonly [weight: number, act: Action])[] = [
  [80, (world) => world.tickAll()],
  [5, tickSome],
  [350, deliverOldest],
  [30, deliverAny],
  [10, dropOrRepeat],
  [150, syncSome],
  [50, ({ cluster, anyNode }) => cluster.apply(anyNode)],
  [15, ({ cluster, anyNode }) => cluster.flush(anyNode)],
  [40, propose],
  [40, read],
  [8, changeMembership],
  [5, transfer],
  [5, (world) => void world.cluster.step(world.anyNode, { kind: "campaign" })],
  [4, crash],
  [50, startSome],
  [6, cut],
  [50, ({ cluster, random }) => void (random.chance(30) && cluster.heal())],
  [8, disconnect],
  [12, calm],
  [5, ({ cluster, anyNode }) => cluster.gather(anyNode)],
  [50, ({ cluster, anyNode }) => void cluster.release(anyNode)],
  [20, (world) => world.moveSnapshot()],
  [1, (world) => world.setStalled(true)],
  [12, (world) => world.setStalled(false)],
];
/** Each seed has its own habits: some things happen often, some never (swarm testing). */
function drawWeights(random: SeededRandom): readonly number[] {
  return ACTIONS_BY_WEIGHT.map(([weight]) => weight * (random.pick(weight < 50 ? [0, 1, 1, 2, 4] : [1]) ?? 1));
}

/** A clock that runs ahead, or a process that stood still. Leases forbid the former. */
function tickSome({ cluster, random, anyNode, hasLeases }: RandomWorld): void {
  if (hasLeases) return;
  cluster.step(anyNode, { kind: "tick", elapsedTicks: random.chance(90) ? 1 : random.between(2, 60) });
}

/** Links keep their order, mostly. */
function deliverOldest(world: RandomWorld): void {
  const first = world.random.pick(world.cluster.flight);
  let room = world.random.between(1, 3);
  if (first === undefined) return;
  const taken = world.cluster.take(({ from, to }) => {
    if (from !== first.from || to !== first.to || room === 0) return false;
    room -= 1;
    return true;
  });
  for (const envelope of taken) world.receive(envelope);
}

function deliverAny(world: RandomWorld): void {
  const chosen = world.random.pick(world.cluster.flight);
  for (const envelope of world.cluster.take((candidate) => candidate === chosen)) world.receive(envelope);
}

function dropOrRepeat({ cluster, random }: RandomWorld): void {
  const chosen = random.pick(cluster.flight);
  if (chosen === undefined) return;
  if (random.chance(50)) cluster.take((candidate) => candidate === chosen);
  else cluster.launchAgain([{ ...chosen }]);
}

function propose(world: RandomWorld): void {
  const proposals = world.nextCommands(world.random.between(1, 4));
  world.cluster.step(world.likelyLeader, { kind: "propose", proposals });
}

function read({ cluster, random, hasLeases, likelyLeader }: RandomWorld): void {
  const mode = hasLeases && random.chance(60) ? "lease" : "quorum";
  cluster.step(likelyLeader, { kind: "readIndex", token: cluster.nextToken(), mode });
}

function changeMembership({ cluster, random, nodeIds, likelyLeader, anyNode }: RandomWorld): void {
  const chosen = random.subset(nodeIds, 60);
  const voters = chosen.length > 0 ? chosen : [anyNode];
  const learners = random.subset(nodeIds, 30).filter((nodeId) => !voters.includes(nodeId));
  const target = { voters, learners, nodes: [...voters, ...learners].map(nodeRecord) };
  cluster.step(likelyLeader, { kind: "changeMembership", token: cluster.nextToken(), target });
}

function transfer({ cluster, random, likelyLeader, anyNode }: RandomWorld): void {
  const target = random.chance(50) ? anyNode : undefined;
  cluster.step(likelyLeader, { kind: "transferLeadership", token: cluster.nextToken(), target });
}

function syncSome({ cluster, random, anyNode }: RandomWorld): void {
  if (cluster.node(anyNode).isStalled) return;
  cluster.sync(anyNode, random.chance(60) ? Number.POSITIVE_INFINITY : random.between(1, 3));
}

function crash(world: RandomWorld): void {
  const { cluster, random } = world;
  const victim = random.chance(50) ? world.likelyLeader : world.anyNode;
  world.note(`${victim} crashes`);
  if (random.chance(50)) cluster.sync(victim, random.below(3));
  cluster.crash(victim, random.chance(50) ? "kept" : "unflushed");
}

function startSome(world: RandomWorld): void {
  const { cluster, anyNode } = world;
  if (cluster.node(anyNode).core !== undefined) return;
  world.note(`${anyNode} starts`);
  cluster.start(anyNode);
}

/** One node loses some of its links, often in one direction only. */
function cut(world: RandomWorld): void {
  const { cluster, random, nodeIds } = world;
  const victim = random.chance(50) ? world.likelyLeader : world.anyNode;
  for (const other of random.subset(nodeIds, 60)) {
    cluster.cut(victim, other);
    if (random.chance(70)) cluster.cut(other, victim);
  }
}

function disconnect({ cluster, random, anyNode, nodeIds }: RandomWorld): void {
  const other = random.pick(nodeIds) ?? anyNode;
  if (other === anyNode) return;
  const kind = random.chance(50) ? "peerDisconnected" : "sendDropped";
  cluster.step(anyNode, { kind, nodeId: other });
}

/** A while without faults: elections end, entries commit. */
function calm(world: RandomWorld): void {
  const { cluster, random } = world;
  for (let ticks = random.between(1, ELECTION_TICKS_MAX); ticks > 0; ticks -= 1) {
    world.tickAll();
    for (const nodeId of world.nodeIds) if (!cluster.node(nodeId).isStalled) cluster.sync(nodeId);
    for (const envelope of cluster.take(() => true)) world.receive(envelope);
    for (const nodeId of world.nodeIds) cluster.apply(nodeId);
  }
}
