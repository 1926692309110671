import { assert, type LogId, type Membership, type NodeId, type NodeRecord, type Random } from "@aspenjs/api";
import { RAFT_CONFIG_DEFAULTS, type RaftConfig } from "../core/config.ts";
import type { Effect } from "../core/effect.ts";
import type { RaftEvent } from "../core/event.ts";
import type { Message } from "../core/message.ts";
import { RaftCore } from "../core/raft-core.ts";
import { ScenarioDisk, type ScenarioSnapshot } from "./scenario-disk.ts";

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
  readonly random: Random;
  disk: ScenarioDisk;
  /** `undefined` while the node is down. */
  core: RaftCore | undefined;
  /** The disk takes writes and finishes none, whatever `settle` wants. */
  isStalled: boolean;
  syncedSequence: number;
  held: Held[];
  applyThrough: number;
  isHalted: boolean;
  /** Events that wait to be taken in one step; `undefined` when each is a step of its own. */
  gathered: RaftEvent[] | undefined;
}

type SnapshotDecision = Extract<Effect, { readonly kind: "decideSnapshot" }>;

interface SnapshotTransfer {
  readonly snapshot: ScenarioSnapshot;
  readonly decision: SnapshotDecision | undefined;
}

export type EffectObserver = (nodeId: NodeId, effect: Effect) => void;

const SETTLE_STEPS_MAX = 10_000;
const WIDE_BOUND = 2 ** 20;

/**
 * Fixed draws, unless some are given: timeouts in scenarios differ by node id, so that who campaigns first is written
 * down. Draws from a wide range, which keep the lives of a node apart, count up.
 */
export function createNodeRandom(nodeId: NodeId, draws: number[] = []): Random {
  let wideDraws = 0;
  return {
    below: (bound) => {
      if (bound < WIDE_BOUND) return Math.min(bound - 1, draws.shift() ?? nodeId - 1);
      wideDraws += 1;
      return wideDraws;
    },
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
  readonly #transfers = new Map<string, SnapshotTransfer>();
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

  addNode(nodeId: NodeId, overrides: Partial<RaftConfig>, random = createNodeRandom(nodeId)): ScenarioNode {
    const config = { ...RAFT_CONFIG_DEFAULTS, retainedEntriesMin: 0, ...overrides, nodeId };
    const node: ScenarioNode = {
      nodeId,
      config,
      random,
      disk: new ScenarioDisk(),
      core: undefined,
      isStalled: false,
      syncedSequence: 0,
      held: [],
      applyThrough: 0,
      isHalted: false,
      gathered: undefined,
    };
    this.nodes.set(nodeId, node);
    return node;
  }

  start(nodeId: NodeId): void {
    const node = this.node(nodeId);
    assert(node.core === undefined, "only a node that is down starts");
    node.core = new RaftCore(node.config, node.random, node.disk.start());
    node.syncedSequence = 0;
    node.applyThrough = node.disk.applied.index;
    node.isHalted = false;
  }

  /** Power goes away; messages of this node that already left are still on their way. */
  crash(nodeId: NodeId, stateMachine: "kept" | "unflushed" = "kept"): void {
    const node = this.node(nodeId);
    node.core = undefined;
    node.held = [];
    node.gathered = undefined;
    node.disk.crash(stateMachine);
  }

  /** A new disk under an old name. */
  erase(nodeId: NodeId): void {
    const node = this.node(nodeId);
    assert(node.core === undefined, "only the disk of a node that is down is exchanged");
    node.disk = new ScenarioDisk();
  }

  node(nodeId: NodeId): ScenarioNode {
    const node = this.nodes.get(nodeId);
    assert(node !== undefined, `the scenario has a node ${nodeId}`);
    return node;
  }

  /** One step with these events, unless events are gathered for a common one. A node that is down hears nothing. */
  step(nodeId: NodeId, ...events: readonly RaftEvent[]): readonly Effect[] {
    const node = this.node(nodeId);
    if (node.core === undefined || node.isHalted) return [];
    if (node.gathered !== undefined) {
      node.gathered.push(...events);
      return [];
    }
    const effects = node.core.step(events);
    for (const effect of effects) {
      this.#observe(nodeId, effect);
      this.#perform(node, effect);
    }
    return effects;
  }

  /** From now on events of this node wait for `release`, as they do in a shell that is busy. */
  gather(nodeId: NodeId): void {
    this.node(nodeId).gathered ??= [];
  }

  release(nodeId: NodeId): readonly Effect[] {
    const node = this.node(nodeId);
    const events = node.gathered ?? [];
    node.gathered = undefined;
    return this.step(nodeId, ...events);
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

  /** The state machine syncs what it applied: the log may be compacted. */
  flush(nodeId: NodeId): void {
    const { disk } = this.node(nodeId);
    disk.flush();
    this.step(nodeId, { kind: "stateDurable", through: disk.flushed.index });
  }

  /** Carries a snapshot of one node to another and installs it, as the shells would. */
  transferSnapshot(from: NodeId, to: NodeId): void {
    this.offerSnapshot(from, to);
    this.installSnapshot(from, to);
    this.finishSnapshot(from, to);
  }

  /** The first part of a transfer: the sender takes a snapshot, the receiver says what it thinks of it. */
  offerSnapshot(from: NodeId, to: NodeId): void {
    const { core, disk } = this.node(from);
    assert(core !== undefined, "a node that is down sends nothing");
    const snapshot = disk.takeSnapshot();
    const { lastIncluded } = snapshot;
    const { term } = core.view.hardState;
    this.step(from, { kind: "snapshotSending", to, lastIncluded });
    const token = this.nextToken();
    const effects = this.#isCut(from, to)
      ? []
      : this.step(to, { kind: "snapshotOffered", token, from, term, lastIncluded });
    const decision = effects.find((effect) => effect.kind === "decideSnapshot");
    this.#transfers.set(`${from}->${to}`, { snapshot, decision });
  }

  /** The second part: everything has arrived, and the receiver's state machine holds it. */
  installSnapshot(from: NodeId, to: NodeId): void {
    const transfer = this.#transfers.get(`${from}->${to}`);
    const target = this.node(to);
    if (transfer?.decision?.isWanted !== true || target.core === undefined) return;
    const { snapshot } = transfer;
    if (snapshot.lastIncluded.index <= target.disk.applied.index) return;
    target.disk.installSnapshot(snapshot);
    target.applyThrough = Math.max(target.applyThrough, snapshot.lastIncluded.index);
    this.step(to, { kind: "snapshotInstalled", ...snapshot });
  }

  /** The last part: the sender learns how it ended. */
  finishSnapshot(from: NodeId, to: NodeId): void {
    const transfer = this.#transfers.get(`${from}->${to}`);
    this.#transfers.delete(`${from}->${to}`);
    this.step(from, { kind: "snapshotSent", to, matched: matchedBy(transfer, this.node(to)) });
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
    const taken: Envelope[] = [];
    const left: Envelope[] = [];
    for (const envelope of this.#flight) (matches(envelope) ? taken : left).push(envelope);
    this.#flight = left;
    return taken;
  }

  launchAgain(envelopes: readonly Envelope[]): void {
    this.#flight.push(...envelopes);
  }

  /** Syncs, applies and delivers until nothing moves any more. Time stands still meanwhile. */
  settle(): void {
    for (let count = 0; count < SETTLE_STEPS_MAX; count += 1) {
      const syncing = [...this.nodes.values()].filter((node) => !node.isStalled && node.disk.writesUnderWay > 0);
      for (const node of syncing) this.sync(node.nodeId);
      const delivered = this.deliver(() => true);
      for (const node of this.nodes.values()) this.apply(node.nodeId);
      const isSyncing = [...this.nodes.values()].some((node) => !node.isStalled && node.disk.writesUnderWay > 0);
      if (delivered === 0 && syncing.length === 0 && !isSyncing && this.#flight.length === 0) return;
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
        node.held = [];
        return;
      default:
        return;
    }
  }

  /** A message leaves, whether or not it arrives. For clusters that watch what is told to whom. */
  protected noteLaunch(_envelope: Envelope): void {}

  #launch(envelope: Envelope): void {
    this.noteLaunch(envelope);
    if (!this.#isCut(envelope.from, envelope.to)) this.#flight.push(envelope);
  }

  #isCut(from: NodeId, to: NodeId): boolean {
    return this.#cuts.has(`${from}->${to}`);
  }
}

/** What a receiver holds after a transfer: what it said it had, or the snapshot that it has installed meanwhile. */
function matchedBy(transfer: SnapshotTransfer | undefined, target: ScenarioNode): number | undefined {
  if (transfer?.decision === undefined) return undefined;
  const { decision, snapshot } = transfer;
  if (!decision.isWanted) return decision.matched;
  const isInstalled = target.core !== undefined && target.disk.applied.index >= snapshot.lastIncluded.index;
  return isInstalled ? snapshot.lastIncluded.index : undefined;
}
