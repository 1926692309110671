/**
 * One machine and the node on it: disks and clock outlive the processes. The node is production's, over virtual ports.
 */
import {
  assert,
  type KeyValueStateMachine,
  type LogFields,
  type Logger,
  type LogStore,
  type Membership,
  type NodeId,
  type NodeRecord,
  type PeerId,
  type StorageFault,
} from "@aspenjs/api";
import { createAspenNode, PeerDirectory, type AspenNode, type IdentityStore, type NodeConfig } from "@aspenjs/cluster";
import { createMemoryLogStore, MemoryDisk } from "@aspenjs/log-store/memory";
import { PROTOCOL_IDS, type ClusterSecret } from "@aspenjs/protocol";
import { decodeMessage, type RaftFailure } from "@aspenjs/raft";
import { Endpoint, type TransportLimits } from "@aspenjs/transport";
import { ObservedLogStore } from "../disk/observed-log-store.ts";
import { ObservedStateMachine } from "../disk/observed-state-machine.ts";
import type { StateDisk } from "../disk/state-disk.ts";
import { Layers } from "../faults/layers.ts";
import { LossyTransport, type MessageCounts, type MessageFaults } from "../network/lossy-transport.ts";
import type { VirtualNetwork } from "../network/virtual-network.ts";
import { SimulatedProcess } from "../process/simulated-process.ts";
import type { SeededRandom } from "../random/seeded-random.ts";
import type { Trace } from "../run/trace.ts";
import { MachineClock } from "../time/machine-clock.ts";
import type { VirtualTime } from "../time/virtual-time.ts";
import type { ClusterObserver } from "./cluster-observer.ts";

/** How long the disks of a node take; they may be told to take longer. */
export interface DiskPace {
  readonly syncUsMin: number;
  readonly syncUsMax: number;
  readonly workUsMax: number;
}

/** What all nodes of a world share. */
export interface NodeSurroundings {
  readonly time: VirtualTime;
  readonly network: VirtualNetwork;
  readonly trace: Trace;
  readonly secret: ClusterSecret;
  readonly clusterId: string;
  readonly observer: Required<Omit<ClusterObserver, "name">>;
  readonly messageFaults: () => MessageFaults;
  readonly messageCounts: MessageCounts;
  readonly config: Partial<NodeConfig>;
  readonly transportLimits: TransportLimits;
  /** A violation of what every program must keep, such as an exception that nobody catches. */
  readonly onBug: (who: string, error: unknown) => void;
  /** A node has ended its process by itself, or refused to start. */
  readonly onFailed: (node: SimulatedNode) => void;
}

export type NodeLife =
  | { readonly kind: "down" }
  | { readonly kind: "starting"; readonly process: SimulatedProcess }
  | {
      readonly kind: "up";
      readonly process: SimulatedProcess;
      readonly node: AspenNode;
      readonly endpoint: Endpoint;
      readonly machine: KeyValueStateMachine;
    }
  /** It stopped by itself, or refused to start. */
  | { readonly kind: "failed"; readonly fault: StorageFault };

export type Death =
  /** The process alone: what it wrote is with the operating system. */
  | "killed"
  /** The machine: what was not synced is lost, and nobody is told. */
  | "powerCut";

export interface LostWrites {
  readonly unsyncedBatches: number;
  readonly keptBatches: number;
  readonly isTorn: boolean;
}

const DOWN: NodeLife = { kind: "down" };

export class SimulatedNode {
  readonly nodeId: NodeId;
  readonly peerId: PeerId;
  readonly machineClock: MachineClock;
  readonly logDisk: MemoryDisk;
  readonly stateDisk: StateDisk;
  /** Its log was tampered with: it may refuse to start, and must never be believed. */
  isDamaged = false;
  /** It never comes back. */
  isLost = false;
  /** Whoever keeps it down: it is not started before all of them are over. */
  readonly outages = new Layers(false);
  /** What this node last called the membership in force. */
  membership: Membership | undefined;
  readonly #around: NodeSurroundings;
  readonly #random: SeededRandom;
  readonly #diskRandom: SeededRandom;
  readonly #paces: Layers<DiskPace>;
  #life: NodeLife = DOWN;
  #hasStored = false;
  #founding: string | undefined;
  #lives = 0;

  constructor(around: NodeSurroundings, nodeId: NodeId, random: SeededRandom, stateDisk: StateDisk, pace: DiskPace) {
    this.#around = around;
    this.nodeId = nodeId;
    this.peerId = `peer-${nodeId}`;
    this.#random = random;
    this.#diskRandom = random.child("disk");
    this.machineClock = new MachineClock(random.below(1_000_000_000), 0);
    this.stateDisk = stateDisk;
    this.#paces = new Layers(pace);
    this.logDisk = new MemoryDisk({ sync: "manual", onTransaction: () => this.#planSync() });
  }

  get name(): string {
    return `node ${this.nodeId}`;
  }

  get life(): NodeLife {
    return this.#life;
  }

  get process(): SimulatedProcess | undefined {
    return this.#life.kind === "up" || this.#life.kind === "starting" ? this.#life.process : undefined;
  }

  /** The state of the node that is up. */
  get machine(): KeyValueStateMachine | undefined {
    return this.#life.kind === "up" ? this.#life.machine : undefined;
  }

  get node(): AspenNode | undefined {
    return this.#life.kind === "up" ? this.#life.node : undefined;
  }

  get isLeading(): boolean {
    return this.node?.metrics().role === "leader";
  }

  get record(): NodeRecord {
    return { nodeId: this.nodeId, peerId: this.peerId, addresses: [this.#around.network.addressOf(this.peerId)] };
  }

  /** The disks take so long from now on. @returns how to end that */
  layPace(pace: DiskPace): () => void {
    return this.#paces.lay(pace);
  }

  /** A new process on this machine. It is up some events later, or has refused to start. */
  start(): void {
    assert(this.#life.kind === "down" || this.#life.kind === "failed", "a node runs once at a time");
    this.#lives += 1;
    const { time, network, trace } = this.#around;
    const process = new SimulatedProcess({
      name: this.name,
      time,
      machineClock: this.machineClock,
      random: this.#random.child(`life ${this.#lives}`),
      onBug: (error) => this.#around.onBug(this.name, error),
    });
    this.#life = { kind: "starting", process };
    trace.note("life", this.name, `starts, life ${this.#lives}`);
    network.noteReturn(this.peerId);
    process.clock.defer(() => {
      this.#boot(process).catch((error: unknown) => {
        if (process.isAlive) this.#around.onBug(this.name, error);
      });
    });
  }

  /** The process ends here and now. */
  die(death: Death): LostWrites | undefined {
    const { process } = this;
    if (process === undefined) return undefined;
    process.kill();
    this.#life = DOWN;
    this.#around.network.noteDeath(process, death === "killed");
    if (death === "powerCut") this.stateDisk.cutPower();
    else this.stateDisk.kill();
    const unsyncedBatches = this.logDisk.unsyncedBatchCount;
    const keptBatches = unsyncedBatches === 0 ? 0 : this.#diskRandom.below(unsyncedBatches + 1);
    const isTorn = this.#diskRandom.below(2) === 0;
    this.logDisk.crash({ keptBatches, isTorn });
    return { unsyncedBatches, keptBatches, isTorn: isTorn && keptBatches < unsyncedBatches };
  }

  async #boot(process: SimulatedProcess): Promise<void> {
    const stateMachine = await this.stateDisk.open(this.#around.time);
    const opened = await createMemoryLogStore({
      storeId: this.peerId,
      disk: this.logDisk,
      mustExist: this.#hasStored,
    });
    if (!process.isAlive) return;
    if (opened.kind === "fault") return this.#refuse(process, opened.fault);
    this.#hasStored = true;
    const directory = new PeerDirectory();
    const endpoint = new Endpoint(this.#around.network.createBackend(process, this.peerId), {
      gate: directory,
      clock: process.clock,
      random: process.random,
      limits: this.#around.transportLimits,
    });
    const created = await createAspenNode(
      {
        transport: this.#createLossyTransport(process, directory, endpoint),
        directory,
        logStore: this.#observed(process, opened.store),
        stateMachine: this.#observedMachine(process, stateMachine),
        identityStore: this.#createIdentityStore(process),
        secret: this.#around.secret,
        clock: process.clock,
        random: process.random,
        logger: this.#createLogger(process, {}),
        onFailed: (failure) => this.#noteFailed(process, failure),
        observer: {
          onRoleChanged: (role, term) => {
            if (!process.isAlive) return;
            this.#around.trace.note("role", this.name, `${role}, term ${term}`);
            this.#around.observer.onRole(this.nodeId, role, term);
          },
          onMembershipChanged: (stored) => {
            if (!process.isAlive) return;
            this.membership = stored.membership;
            this.#around.observer.onMembership(this.nodeId, stored);
          },
        },
      },
      this.#around.config,
    );
    if (!process.isAlive) return;
    if (created.kind === "fault") return this.#refuse(process, created.fault);
    this.#tellStart(opened.store, stateMachine);
    await created.node.start();
    if (process.isAlive) this.#life = { kind: "up", process, node: created.node, endpoint, machine: stateMachine };
  }

  #tellStart(store: LogStore, machine: KeyValueStateMachine): void {
    const { hardState, last, purged, committed } = store.state;
    const outcome = store.read(purged.index + 1, last.index + 1, Number.MAX_SAFE_INTEGER);
    assert(outcome.kind === "entries", "a log that was just opened can be read");
    const { lastApplied } = machine.appliedState;
    const { entries } = outcome;
    this.#around.observer.onStarted(this.nodeId, { hardState, last, purged, committed, applied: lastApplied, entries });
  }

  #refuse(process: SimulatedProcess, fault: StorageFault): void {
    this.#around.trace.note("life", this.name, `refuses to start: ${fault.code}, ${fault.message}`);
    process.kill();
    this.#around.network.noteDeath(process, true);
    this.stateDisk.kill();
    this.logDisk.crash();
    this.#noteFault(fault);
  }

  #noteFault(fault: StorageFault): void {
    this.#life = { kind: "failed", fault };
    if (fault.code === "corrupt" && !this.isDamaged) this.#around.onBug(this.name, new Error(fault.message));
    this.#around.onFailed(this);
  }

  /** As the service does: a node that has failed ends its process. */
  #noteFailed(process: SimulatedProcess, failure: RaftFailure): void {
    if (!process.isAlive) return;
    if (failure.kind === "bug") return this.#around.onBug(this.name, failure.error);
    this.#around.trace.note("life", this.name, `fails: ${failure.fault.code}, ${failure.fault.message}`);
    this.die("killed");
    this.#noteFault(failure.fault);
  }

  #createLossyTransport(process: SimulatedProcess, directory: PeerDirectory, transport: Endpoint): LossyTransport {
    const { messageFaults, messageCounts } = this.#around;
    const random = this.#random.child(`messages of life ${this.#lives}`);
    return new LossyTransport({
      transport,
      process,
      random,
      faults: messageFaults,
      counts: messageCounts,
      onSend: (peerId, protocol, body) => {
        const to = directory.nodeIdOf(peerId);
        if (to === undefined || protocol !== PROTOCOL_IDS.raft) return;
        this.#around.observer.onMessage(this.nodeId, to, decodeMessage(body));
      },
    });
  }

  #observed(process: SimulatedProcess, store: LogStore): LogStore {
    const { nodeId } = this;
    const { observer } = this.#around;
    return new ObservedLogStore({ store, nodeId, observer, isAlive: () => process.isAlive });
  }

  #observedMachine(process: SimulatedProcess, machine: KeyValueStateMachine): KeyValueStateMachine {
    const { observer, time } = this.#around;
    const pace = (): Promise<void> => {
      const delayUs = this.#diskRandom.below(this.#paces.top.workUsMax + 1);
      if (delayUs === 0) return Promise.resolve();
      return new Promise((resolve) => time.after(delayUs, () => process.run(resolve)));
    };
    return new ObservedStateMachine({
      machine,
      nodeId: this.nodeId,
      observer,
      pace,
      isAlive: () => process.isAlive,
    });
  }

  #createIdentityStore(process: SimulatedProcess): IdentityStore {
    const { nodeId, peerId } = this;
    const founding = (): string | undefined => this.#founding;
    return {
      identity: { nodeId, peerId, storeId: peerId, clusterId: this.#around.clusterId },
      get founding() {
        return founding();
      },
      recordFounding: (digest) =>
        new Promise((resolve) => {
          if (!process.operate()) return;
          this.#around.time.after(this.#syncUs(), () => {
            process.run(() => {
              this.#founding = digest;
              resolve();
            });
          });
        }),
    };
  }

  #planSync(): void {
    const { process } = this;
    if (process === undefined || !process.operate()) return;
    this.#around.time.after(this.#syncUs(), () => process.run(() => void this.logDisk.completeSync()));
  }

  #syncUs(): number {
    const { syncUsMin, syncUsMax } = this.#paces.top;
    return this.#diskRandom.between(syncUsMin, syncUsMax);
  }

  #createLogger(process: SimulatedProcess, fields: LogFields): Logger {
    const { trace } = this.#around;
    return {
      log: (level, message, more) => {
        if (level === "debug" || !process.isAlive) return;
        trace.note("log", this.name, `${message} ${fieldsText({ ...fields, ...more })}`);
      },
      child: (more) => this.#createLogger(process, { ...fields, ...more }),
    };
  }
}

/** Plain values alone: an error object may hold anything. */
function fieldsText(fields: LogFields): string {
  return Object.entries(fields)
    .filter(([name, value]) => name !== "nodeId" && name !== "part" && typeof value !== "object")
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(" ");
}
