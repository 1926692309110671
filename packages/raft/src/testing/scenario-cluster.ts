import { assert, type LogId, type Membership, type NodeId, type NodeRecord, type Random } from "@aspenjs/api";
import { RAFT_CONFIG_DEFAULTS, type RaftConfig } from "../core/config.ts";
import type { Effect } from "../core/effect.ts";
import type { RaftEvent } from "../core/event.ts";
import type { Message } from "../core/message.ts";
import { RaftCore } from "../core/raft-core.ts";
import { ScenarioDisk } from "./scenario-disk.ts";

export interface Envelope {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: Message;
}

interface Held {
  readonly envelope: Envelope;
  readonly after: number;
}

export interface ScenarioNode {
  readonly nodeId: NodeId;
  readonly config: RaftConfig;
  readonly disk: ScenarioDisk;
  /** `undefined` while the node is down. */
  core: RaftCore | undefined;
  syncedSequence: number;
  held: Held[];
  applyThrough: number;
  isHalted: boolean;
}

export type EffectObserver = (nodeId: NodeId, effect: Effect) => void;

const SETTLE_STEPS_MAX = 10_000;

/** A fixed middle draw: timeouts in scenarios differ by node id, so that who campaigns first is written down. */
function createNodeRandom(nodeId: NodeId): Random {
  return {
    below: (bound) => Math.min(bound - 1, nodeId - 1),
    bytes: (byteLength) => new Uint8Array(byteLength).fill(nodeId),
  };
}

export function nodeRecord(nodeId: NodeId): NodeRecord {
  return { nodeId, peerId: `peer-${nodeId}`, addresses: [`/memory/${nodeId}`] };
}

/**
 * Several cores, their disks and the messages between them, in one place and without time of its own: nothing moves
 * unless the scenario says so.
 */
export class ScenarioCluster {
  readonly nodes = new Map<NodeId, ScenarioNode>();
  readonly #observe: EffectObserver;
  #flight: Envelope[] = [];
  #cuts = new Set<string>();
  #tokens = 0;

  constructor(observe: EffectObserver) {
    this.#observe = observe;
  }

  get flight(): readonly Envelope[] {
    return this.#flight;
  }

  nextToken(): number {
    this.#tokens += 1;
    return this.#tokens;
  }

  addNode(nodeId: NodeId, overrides: Partial<RaftConfig>): ScenarioNode {
    const config = { ...RAFT_CONFIG_DEFAULTS, retainedEntriesMin: 0, ...overrides, nodeId };
    const disk = new ScenarioDisk();
    const node: ScenarioNode = {
      nodeId,
      config,
      disk,
      core: undefined,
      syncedSequence: 0,
      held: [],
      applyThrough: 0,
      isHalted: false,
    };
    this.nodes.set(nodeId, node);
    return node;
  }

  start(nodeId: NodeId): void {
    const node = this.node(nodeId);
    node.core = new RaftCore(node.config, createNodeRandom(nodeId), node.disk.start());
    node.syncedSequence = 0;
    node.held = [];
    node.applyThrough = node.disk.applied.index;
  }

  /** Power goes away; messages of this node that already left are still on their way. */
  crash(nodeId: NodeId): void {
    const node = this.node(nodeId);
    node.core = undefined;
    node.held = [];
    node.disk.crash();
  }

  node(nodeId: NodeId): ScenarioNode {
    const node = this.nodes.get(nodeId);
    assert(node !== undefined, `the scenario has a node ${nodeId}`);
    return node;
  }

  step(nodeId: NodeId, ...events: readonly RaftEvent[]): void {
    const node = this.node(nodeId);
    if (node.core === undefined || node.isHalted) return;
    const effects = node.core.step(events);
    for (const effect of effects) {
      this.#observe(nodeId, effect);
      this.#perform(node, effect);
    }
  }

  sync(nodeId: NodeId, count = Number.POSITIVE_INFINITY): void {
    const node = this.node(nodeId);
    const sequence = node.disk.sync(count);
    if (sequence === undefined) return;
    node.syncedSequence = sequence;
    const ready = node.held.filter((held) => held.after <= sequence);
    node.held = node.held.filter((held) => held.after > sequence);
    for (const { envelope } of ready) this.#launch(envelope);
    this.step(nodeId, { kind: "persisted", sequence });
  }

  apply(nodeId: NodeId): void {
    const node = this.node(nodeId);
    if (node.core === undefined || node.applyThrough <= node.disk.applied.index) return;
    node.disk.apply(node.applyThrough);
    this.step(nodeId, { kind: "applied", index: node.applyThrough });
  }

  takeSnapshot(nodeId: NodeId): void {
    const { disk } = this.node(nodeId);
    disk.snapshot = { lastIncluded: disk.applied, membership: disk.appliedMembership };
    this.step(nodeId, { kind: "snapshotTaken", lastIncluded: disk.applied, durable: disk.applied.index });
  }

  /** Carries the latest snapshot of one node to another and installs it, as the shells would. */
  transferSnapshot(from: NodeId, to: NodeId): void {
    const source = this.node(from);
    const target = this.node(to);
    const snapshot = source.disk.snapshot;
    assert(snapshot !== undefined && source.core !== undefined, "the sender has a snapshot");
    const { term } = source.core.view.hardState;
    this.step(from, { kind: "snapshotSending", to, lastIncluded: snapshot.lastIncluded });
    const token = this.nextToken();
    this.step(to, { kind: "snapshotOffered", token, from, term, lastIncluded: snapshot.lastIncluded });
    const before = target.core?.view;
    if (before === undefined || before.hardState.term !== term) {
      this.step(from, { kind: "snapshotSent", to, matched: undefined });
      return;
    }
    if (snapshot.lastIncluded.index > before.committed) {
      target.disk.applied = snapshot.lastIncluded;
      target.disk.appliedMembership = snapshot.membership;
      target.disk.snapshot = snapshot;
      target.applyThrough = Math.max(target.applyThrough, snapshot.lastIncluded.index);
      this.step(to, { kind: "snapshotInstalled", ...snapshot });
    }
    this.step(from, { kind: "snapshotSent", to, matched: Math.max(before.committed, snapshot.lastIncluded.index) });
  }

  cut(from: NodeId, to: NodeId): void {
    this.#cuts.add(`${from}->${to}`);
  }

  heal(): void {
    this.#cuts.clear();
  }

  /** Delivers the messages that match, oldest first. @returns how many */
  deliver(matches: (envelope: Envelope) => boolean): number {
    const arriving = this.take(matches);
    for (const { from, to, message } of arriving) this.step(to, { kind: "receive", from, message });
    return arriving.length;
  }

  /** Takes messages out of the air: to drop them, or to send them again later. */
  take(matches: (envelope: Envelope) => boolean): readonly Envelope[] {
    const taken = this.#flight.filter(matches);
    this.#flight = this.#flight.filter((envelope) => !matches(envelope));
    return taken;
  }

  launchAgain(envelopes: readonly Envelope[]): void {
    for (const envelope of envelopes) this.#launch(envelope);
  }

  /** Syncs, applies and delivers until nothing moves any more. Time stands still meanwhile. */
  settle(): void {
    for (let count = 0; count < SETTLE_STEPS_MAX; count += 1) {
      const syncing = [...this.nodes.values()].filter((node) => node.core !== undefined && node.disk.hasWritesUnderWay);
      for (const node of syncing) this.sync(node.nodeId);
      const delivered = this.deliver(() => true);
      for (const node of this.nodes.values()) this.apply(node.nodeId);
      const isQuiet = delivered === 0 && syncing.length === 0;
      if (isQuiet && [...this.nodes.values()].every((node) => !node.disk.hasWritesUnderWay)) return;
    }
    assert(false, "a scenario settles");
  }

  preset(
    nodeId: NodeId,
    term: number,
    vote: NodeId | undefined,
    terms: readonly number[],
    membership: Membership,
  ): void {
    const entries = terms.map((entryTerm, position) => {
      const logId: LogId = { term: entryTerm, index: position + 2 };
      return { ...logId, payload: { kind: "command", command: new TextEncoder().encode(`c${logId.index}`) } as const };
    });
    const first = { term: 0, index: 1, payload: { kind: "membership", membership } as const };
    this.node(nodeId).disk.preset({ term, vote }, [first, ...entries], 1);
  }

  #perform(node: ScenarioNode, effect: Effect): void {
    switch (effect.kind) {
      case "persist":
        node.disk.write(effect);
        return;
      case "send": {
        const envelope = { from: node.nodeId, to: effect.to, message: effect.message };
        if (effect.after > node.syncedSequence) node.held.push({ envelope, after: effect.after });
        else this.#launch(envelope);
        return;
      }
      case "apply":
        node.applyThrough = effect.through;
        return;
      case "halt":
        node.isHalted = true;
        return;
      default:
        return;
    }
  }

  #launch(envelope: Envelope): void {
    if (!this.#cuts.has(`${envelope.from}->${envelope.to}`)) this.#flight.push(envelope);
  }
}
