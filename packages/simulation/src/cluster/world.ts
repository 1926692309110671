/**
 * A cluster, its clients and all that is around them, made from one seed. It does nothing by itself: a scenario, faults
 * and workload act on it, and observers watch it.
 */
import type { KeyObject } from "node:crypto";
import { assert, type Membership, type NodeId } from "@aspenjs/api";
import { NODE_CONFIG_DEFAULTS, type NodeConfig } from "@aspenjs/cluster";
import { ClusterSecret, encodeClientTicket } from "@aspenjs/protocol";
import { limits, type TransportLimits } from "@aspenjs/transport";
import { VirtualStateDisk, type StateDisk } from "../disk/state-disk.ts";
import { Layers } from "../faults/layers.ts";
import { NO_MESSAGE_FAULTS, type MessageCounts, type MessageFaults } from "../network/lossy-transport.ts";
import type { RouteQuality } from "../network/route.ts";
import { VirtualNetwork } from "../network/virtual-network.ts";
import { SeededRandom } from "../random/seeded-random.ts";
import { Trace, type TraceLine } from "../run/trace.ts";
import type { Violation } from "../run/violation.ts";
import { VirtualTime } from "../time/virtual-time.ts";
import type { ClusterObserver } from "./cluster-observer.ts";
import { combineObservers } from "./combined-observer.ts";
import { SimulatedClient } from "./simulated-client.ts";
import { SimulatedNode, type Death, type DiskPace, type NodeSurroundings } from "./simulated-node.ts";

export interface WorldOptions {
  readonly seed: number;
  readonly config: Partial<NodeConfig>;
  readonly quality: RouteQuality;
  readonly pace: DiskPace;
  readonly driftPpmMax: number | undefined;
  readonly observers: readonly ClusterObserver[];
  /** Where nodes keep their state. Default: on a virtual disk. */
  /** Revisions whose changes the state remembers; default: as many as in production. */
  readonly historyRevisionsMax?: number | undefined;
  readonly createStateDisk?: ((nodeId: NodeId) => StateDisk) | undefined;
  readonly onTraceLine?: ((line: TraceLine) => void) | undefined;
}

const MIB = 1_024 * 1_024;
const CLUSTER_ID = "5".repeat(32);
/** What a service manager waits before it starts a service again that has failed. */
const RESTART_US = 2_000_000;
const TICKET_ID = "1".repeat(32);

export class World {
  readonly time: VirtualTime;
  readonly trace: Trace;
  readonly random: SeededRandom;
  readonly network: VirtualNetwork;
  readonly nodes = new Map<NodeId, SimulatedNode>();
  readonly clients: SimulatedClient[] = [];
  readonly messageCounts: MessageCounts = { sent: 0, lost: 0, duplicated: 0, reordered: 0 };
  readonly deathCounts = { killed: 0, powerCut: 0, lostBatches: 0, tornWrites: 0 };
  readonly messageFaults = new Layers<MessageFaults>(NO_MESSAGE_FAULTS);
  /** How far clocks may drift; `undefined`: as far as they like. */
  readonly driftPpmMax: number | undefined;
  /**
   * Small enough to be met. A window must stay far below the queue, as it does outside: a stream that fills the queue by
   * itself is refused, and a snapshot longer than that would never arrive.
   */
  readonly transportLimits: TransportLimits = {
    ...limits,
    bodyBytesMax: MIB,
    outgoingBytesMax: MIB,
    streamChunkBytesMax: MIB / 4,
    streamWindowBytes: MIB / 2,
  };
  readonly #options: WorldOptions;
  readonly #ticketKey: KeyObject;
  readonly #around: NodeSurroundings;
  readonly #writeListeners = new Set<(node: SimulatedNode) => void>();
  readonly #leaderListeners = new Set<(node: SimulatedNode) => void>();
  #violation: Violation | undefined;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.driftPpmMax = options.driftPpmMax;
    this.random = new SeededRandom(options.seed);
    this.time = new VirtualTime(this.random.child("time"));
    this.trace = new Trace(() => this.time.nowUs, options.onTraceLine);
    this.network = new VirtualNetwork(this.time, this.random.child("network"), options.quality);
    const secret = ClusterSecret.generate(this.random.child("secret"));
    this.#ticketKey = secret.ticketKey();
    this.#around = {
      time: this.time,
      network: this.network,
      trace: this.trace,
      secret,
      clusterId: CLUSTER_ID,
      observer: combineObservers([...options.observers, this.#listening()], (checker, error) =>
        this.failWith(checker, error),
      ),
      messageFaults: () => this.messageFaults.top,
      messageCounts: this.messageCounts,
      config: options.config,
      transportLimits: this.transportLimits,
      onBug: (who, error) => this.failWith("uncaught", error, `${who}: `),
      onFailed: (node) => this.time.after(RESTART_US, () => this.startAgain(node)),
    };
  }

  /** Of every node. */
  get config(): NodeConfig {
    return { ...NODE_CONFIG_DEFAULTS, ...this.#options.config };
  }

  /** Of the network when nothing is wrong with it. */
  get quality(): RouteQuality {
    return this.#options.quality;
  }

  /** Of a disk when nothing is wrong with it. */
  get pace(): DiskPace {
    return this.#options.pace;
  }

  /** What was found first; a run ends with it. */
  get violation(): Violation | undefined {
    return this.#violation;
  }

  fail(checker: string, message: string, stack?: string): void {
    if (this.#violation !== undefined) return;
    this.#violation = { checker, message, atUs: this.time.nowUs, ...(stack === undefined ? {} : { stack }) };
    this.trace.note("verdict", checker, message);
  }

  /** What was thrown says what is wrong. */
  failWith(checker: string, error: unknown, prefix = ""): void {
    this.fail(checker, prefix + String(error), error instanceof Error ? error.stack : undefined);
  }

  /** Hears of everybody who is elected. @returns how to stop that */
  onLeader(listener: (node: SimulatedNode) => void): () => void {
    this.#leaderListeners.add(listener);
    return () => this.#leaderListeners.delete(listener);
  }

  /** Hears of every node that hands entries to its log. @returns how to stop that */
  onLogWrite(listener: (node: SimulatedNode) => void): () => void {
    this.#writeListeners.add(listener);
    return () => this.#writeListeners.delete(listener);
  }

  /** Tells every observer. */
  get observer(): Required<Omit<ClusterObserver, "name">> {
    return this.#around.observer;
  }

  addNode(nodeId: NodeId): SimulatedNode {
    assert(!this.nodes.has(nodeId), "a node id is given once");
    const random = this.random.child(`node ${nodeId}`);
    const stateDisk =
      this.#options.createStateDisk?.(nodeId) ?? new VirtualStateDisk(this.#options.historyRevisionsMax);
    const node = new SimulatedNode(this.#around, nodeId, random, stateDisk, this.#options.pace);
    this.nodes.set(nodeId, node);
    return node;
  }

  /** What each node last called the membership in force, as far as it knows one. */
  memberships(): readonly Membership[] {
    return [...this.nodes.values()].flatMap(({ membership }) => (membership === undefined ? [] : [membership]));
  }

  isMember(nodeId: NodeId): boolean {
    return this.memberships().some(({ nodes }) => nodes.some((record) => record.nodeId === nodeId));
  }

  /** Of those who think that they lead, the one of the latest term. */
  get leader(): SimulatedNode | undefined {
    const leading = [...this.nodes.values()].filter(({ isLeading }) => isLeading);
    return leading.toSorted((left, right) => termOf(right) - termOf(left))[0];
  }

  node(nodeId: NodeId): SimulatedNode {
    const node = this.nodes.get(nodeId);
    assert(node !== undefined, `node ${nodeId} exists`);
    return node;
  }

  /** A check at a time of the caller's choosing; what it throws is its verdict. */
  judge(checker: string, check: () => void): void {
    try {
      check();
    } catch (error) {
      this.failWith(checker, error);
    }
  }

  endProcess(node: SimulatedNode, death: Death): void {
    const lost = node.die(death);
    if (lost === undefined) return;
    const { unsyncedBatches, keptBatches, isTorn } = lost;
    this.deathCounts[death] += 1;
    this.deathCounts.lostBatches += unsyncedBatches - keptBatches;
    if (isTorn) this.deathCounts.tornWrites += 1;
    this.trace.note("life", node.name, `${death}, ${keptBatches} of ${unsyncedBatches} unsynced batches are kept`);
  }

  /** Ends the process, if there is one, and keeps the node down. @returns how to let it come up again */
  takeDown(node: SimulatedNode, death: Death): () => void {
    const end = node.outages.lay(true);
    this.endProcess(node, death);
    return () => {
      end();
      this.startAgain(node);
    };
  }

  /** The machine burns down: its node never comes back. */
  lose(node: SimulatedNode): void {
    this.endProcess(node, "powerCut");
    node.isDamaged = true;
    node.isLost = true;
    this.observer.onLost(node.nodeId);
  }

  /** Unless it runs, is kept down, is lost, or would only refuse again. */
  startAgain(node: SimulatedNode): void {
    const { life } = node;
    if (node.isLost || !node.outages.isBare || life.kind === "up" || life.kind === "starting") return;
    if (life.kind === "failed" && life.fault.code === "corrupt") return;
    node.start();
  }

  addClient(name: string): SimulatedClient {
    const client = new SimulatedClient({
      name,
      time: this.time,
      network: this.network,
      random: this.random.child(`client ${name}`),
      ticket: () => this.#ticket(),
      onBug: (error) => this.#around.onBug(name, error),
    });
    this.clients.push(client);
    return client;
  }

  #listening(): ClusterObserver {
    return {
      name: "listeners",
      onRole: (nodeId, role) => {
        if (role !== "leader") return;
        for (const listener of this.#leaderListeners) listener(this.node(nodeId));
      },
      onLogWrite: (nodeId, { entries }) => {
        if (entries.length === 0) return;
        for (const listener of this.#writeListeners) listener(this.node(nodeId));
      },
    };
  }

  #ticket(): string {
    const addresses = [...this.nodes.values()].map(({ peerId }) => this.network.addressOf(peerId)).slice(0, 16);
    return encodeClientTicket(
      { id: TICKET_ID, clusterId: CLUSTER_ID, addresses, access: "admin", keyPrefixes: [], expiresAtMs: undefined },
      this.#ticketKey,
    );
  }
}

function termOf({ node }: SimulatedNode): number {
  return node?.metrics().term ?? 0;
}
