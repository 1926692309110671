import {
  assert,
  AspenError,
  compareLogIds,
  unreachable,
  type CancelTimer,
  type LogId,
  type LogIndex,
  type Membership,
  type NodeId,
  type NodeMetrics,
  type PeerId,
  type StorageFault,
} from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import type { Effect } from "../core/effect.ts";
import type { MembershipTarget, Proposal, RaftEvent, Token } from "../core/event.ts";
import { RaftCore } from "../core/raft-core.ts";
import type { RaftStart } from "../core/raft.ts";
import type { RaftView } from "../core/view.ts";
import { decodeMessage, encodeMessage } from "../wire/message-codec.ts";
import { Applier } from "./applier.ts";
import { readCommittedEntries, type CommittedRead } from "./committed-log.ts";
import { Compactor } from "./compactor.ts";
import { LatencyRecorder } from "./latency-recorder.ts";
import { limits } from "./limits.ts";
import { LogPipeline } from "./log-pipeline.ts";
import { MembershipWaiters } from "./membership-waiters.ts";
import { describeNode } from "./node-metrics.ts";
import { ProposalTable } from "./proposal-table.ts";
import {
  raftOptionsProblem,
  resolveOptions,
  type RaftFailure,
  type RaftNodeDeps,
  type RaftNodeOptions,
  type RaftTiming,
} from "./raft-node-options.ts";
import { ReadTable, type ReadMode } from "./read-table.ts";
import { recover } from "./recovery.ts";
import { refusalError } from "./refusal-error.ts";
import { SnapshotReceiver } from "./snapshot-receiver.ts";
import { SnapshotSender } from "./snapshot-sender.ts";

export type CreateRaftNodeOutcome<Result> =
  | { readonly kind: "created"; readonly node: RaftNode<Result> }
  | { readonly kind: "fault"; readonly fault: StorageFault };

/** Recovers what the stores remember and makes a node of it. Before the transport starts; call `start` afterwards. */
export async function createRaftNode<Result>(
  deps: RaftNodeDeps<Result>,
  options: RaftNodeOptions,
): Promise<CreateRaftNodeOutcome<Result>> {
  const problem = raftOptionsProblem(options);
  assert(problem === undefined, problem ?? "options are sound");
  const recovery = await recover(deps.logStore, deps.stateMachine);
  if (recovery.kind === "fault") return recovery;
  return { kind: "created", node: new RaftNode(deps, resolveOptions(options), recovery.start) };
}

interface TransferWaiter {
  readonly resolve: (leader: NodeId) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The shell around the core: gathers what arrives in a turn of the event loop into one step, and carries the effects
 * out over the ports. It decides nothing about consensus. Its duties are S1 to S6 of SPEC.md.
 */
export class RaftNode<Result> {
  readonly #deps: RaftNodeDeps<Result>;
  readonly #timing: RaftTiming;
  readonly #core: RaftCore;
  readonly #pipeline: LogPipeline;
  readonly #applier: Applier<Result>;
  readonly #compactor: Compactor;
  readonly #snapshotSender: SnapshotSender;
  readonly #snapshotReceiver: SnapshotReceiver;
  readonly #proposals: ProposalTable<Result>;
  readonly #reads: ReadTable;
  readonly #memberships = new MembershipWaiters();
  readonly #transfers = new Map<Token, TransferWaiter>();
  readonly #onPlaced = new Map<Token, (logId: LogId) => void>();
  readonly #logWriteLatency = new LatencyRecorder(limits.latencySamplesMax);
  readonly #applyLatency = new LatencyRecorder(limits.latencySamplesMax);
  #inbox: RaftEvent[] = [];
  #proposing: Proposal[] = [];
  #tokens = 0;
  #isTurnDue = false;
  #state: "created" | "running" | "stopping" | "failed" = "created";
  #isLeading = false;
  #lastTickMs = 0;
  /** When the timer fires that is set; infinity when none is. */
  #wakeMs = Number.POSITIVE_INFINITY;
  #cancelWake: CancelTimer = () => {};
  #unsubscribe: () => void = () => {};

  constructor(deps: RaftNodeDeps<Result>, timing: RaftTiming, start: RaftStart) {
    this.#deps = deps;
    this.#timing = timing;
    this.#core = new RaftCore(timing.core, deps.random, start);
    this.#proposals = new ProposalTable(timing.proposalsMax);
    this.#reads = new ReadTable(timing.readsMax);
    this.#pipeline = new LogPipeline({
      logStore: deps.logStore,
      clock: deps.clock,
      latency: this.#logWriteLatency,
      onPersisted: (sequence) => this.#enqueue({ kind: "persisted", sequence }),
      onSend: (send) => this.#transmit(send),
      onFault: (fault) => this.#fail({ kind: "storage", fault }),
    });
    this.#applier = new Applier({
      logStore: deps.logStore,
      stateMachine: deps.stateMachine,
      clock: deps.clock,
      latency: this.#applyLatency,
      onResult: (logId, result) => this.#proposals.settle(logId, result),
      onApplied: (through, byteLength) => this.#noteApplied(through, byteLength),
      onFault: (fault) => this.#fail({ kind: "storage", fault }),
    });
    this.#compactor = new Compactor({
      stateMachine: deps.stateMachine,
      logger: deps.logger,
      compactionEntries: timing.compactionEntries,
      compactionBytes: timing.compactionBytes,
      onDurable: (through) => this.#enqueue({ kind: "stateDurable", through }),
      onFault: (fault) => this.#fail({ kind: "storage", fault }),
    });
    this.#snapshotSender = this.#createSnapshotSender();
    this.#snapshotReceiver = this.#createSnapshotReceiver();
    deps.transport.handle(timing.messageProtocol, { onMessage: (peerId, body) => this.#receive(peerId, body) });
    deps.transport.handle(timing.snapshotProtocol, { onStream: (stream) => this.#snapshotReceiver.accept(stream) });
  }

  get view(): RaftView {
    return this.#core.view;
  }

  start(): void {
    if (this.#state !== "created") return;
    this.#state = "running";
    this.#lastTickMs = this.#deps.clock.nowMs();
    this.#unsubscribe = this.#deps.transport.onPeerEvent((event) => {
      const nodeId = this.#deps.peers.nodeIdOf(event.peerId);
      if (event.kind === "disconnected" && nodeId !== undefined) this.#enqueue({ kind: "peerDisconnected", nodeId });
    });
    const { membership } = this.#core.view;
    this.#deps.listener?.onMembershipChanged?.(membership);
    // What was known to be committed before the restart is applied without asking anyone.
    this.#scheduleTurn();
  }

  /** Ends everything under way with `shutting_down`; resolves when the ports are idle. Does not close them. */
  async stop(): Promise<void> {
    if (this.#state === "stopping") return;
    if (this.#state !== "failed") this.#quiesce("stopping", new AspenError("shutting_down", "this node stops"));
    await this.#pipeline.idle();
    await this.#applier.stop();
  }

  /**
   * Puts a command to consensus. Resolves with the state machine's result once it is committed and applied here.
   * @throws AspenError `not_leader`, `resource_exhausted`, `unavailable` (details.outcome says whether it may have taken
   * effect), `shutting_down`
   */
  async propose(command: Uint8Array): Promise<Result> {
    this.#assertRunning();
    const token = this.#nextToken();
    const result = this.#proposals.add(token, command.byteLength);
    this.#proposing.push({ token, payload: { kind: "command", command } });
    this.#scheduleTurn();
    const value = await result;
    if (value === undefined) throw new AspenError("internal", "the state machine gave a command no result");
    return value;
  }

  /** Resolves when local reads are linearizable with respect to this call. @throws AspenError as `propose` */
  async readIndex(mode: ReadMode): Promise<void> {
    this.#assertRunning();
    const ready = this.#reads.add(mode);
    this.#scheduleTurn();
    return ready;
  }

  /** The first membership of a new cluster. @throws AspenError `already_initialized`, `invalid_request` */
  async bootstrap(membership: Membership): Promise<void> {
    this.#assertRunning();
    const token = this.#nextToken();
    const placed = this.#proposals.add(token, 0);
    this.#enqueue({ kind: "bootstrap", token, membership });
    await placed;
  }

  /** Resolves with the membership that is committed when the change, joint phase and all, is through. */
  async changeMembership(target: MembershipTarget): Promise<Membership> {
    this.#assertRunning();
    const token = this.#nextToken();
    const placed = this.#proposals.add(token, 0);
    const committed = new Promise<Membership>((resolve, reject) => {
      this.#onPlaced.set(token, (logId) => {
        this.#memberships.wait(logId.index).then(resolve, reject);
      });
      // What becomes of the first entry decides only when it is refused or lost.
      placed.catch(reject);
    });
    this.#enqueue({ kind: "changeMembership", token, target });
    return committed.finally(() => this.#onPlaced.delete(token));
  }

  /** Resolves with the new leader. */
  async transferLeadership(target: NodeId | undefined): Promise<NodeId> {
    this.#assertRunning();
    const token = this.#nextToken();
    const transferred = new Promise<NodeId>((resolve, reject) => this.#transfers.set(token, { resolve, reject }));
    this.#enqueue({ kind: "transferLeadership", token, target });
    return transferred;
  }

  /** Writes a snapshot now and lets the log shrink behind it. */
  async takeSnapshot(): Promise<LogId> {
    this.#assertRunning();
    const outcome = await this.#deps.stateMachine.takeSnapshot();
    if (outcome.kind === "fault") {
      this.#fail({ kind: "storage", fault: outcome.fault });
      throw new AspenError("internal", outcome.fault.message, { cause: outcome.fault });
    }
    await this.#compactor.flush();
    return outcome.meta.lastIncluded;
  }

  /**
   * Entries from here on that are committed and applied on this node: as many as fit `bytesMax`, at least one if there
   * is one, none when the index lies in the future. `onApplied` of the listener says when to read on.
   * @throws AspenError `shutting_down`, `internal` (the log cannot be read: the node has failed)
   */
  readCommitted(fromIndex: LogIndex, bytesMax: number): CommittedRead {
    this.#assertRunning();
    const { committed } = this.#core.view;
    const range = { fromIndex, committed, applied: this.#applier.applied };
    const outcome = readCommittedEntries(this.#deps.logStore, range, bytesMax);
    if (outcome.kind !== "fault") return outcome;
    this.#fail({ kind: "storage", fault: outcome.fault });
    throw new AspenError("internal", outcome.fault.message, { cause: outcome.fault });
  }

  metrics(): NodeMetrics {
    return describeNode({
      view: this.#core.view,
      tickMs: this.#timing.tickMs,
      untoldTicks: this.#elapsedTicks(),
      snapshot: this.#deps.stateMachine.latestSnapshot?.lastIncluded,
      proposalsInFlight: this.#proposals.size,
      readsWaiting: this.#reads.size,
      applyLatency: this.#applyLatency.summary(),
      logWriteLatency: this.#logWriteLatency.summary(),
    });
  }

  #receive(peerId: PeerId, body: Uint8Array): void {
    const from = this.#deps.peers.nodeIdOf(peerId);
    if (from === undefined || from === this.#timing.core.nodeId) return;
    try {
      this.#enqueue({ kind: "receive", from, message: decodeMessage(body) });
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#deps.logger.log("warn", "undecodable message dropped", { from, reason: error.message });
    }
  }

  #enqueue(event: RaftEvent): void {
    if (this.#state !== "running") return;
    this.#inbox.push(event);
    this.#scheduleTurn();
  }

  #scheduleTurn(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    this.#deps.clock.defer(() => {
      this.#isTurnDue = false;
      if (this.#state === "running") this.#turn();
    });
  }

  /** Everything that arrived since the last turn becomes one step: one write, one message per follower. */
  #turn(): void {
    try {
      for (const effect of this.#core.step(this.#takeEvents())) this.#perform(effect);
      if (this.#state === "running") this.#armWake();
    } catch (error) {
      this.#fail({ kind: "bug", error });
    }
  }

  /** Time first (S5), then what arrived, then what callers of this turn want. */
  #takeEvents(): readonly RaftEvent[] {
    const events = this.#inbox;
    this.#inbox = [];
    const elapsedTicks = this.#elapsedTicks();
    if (elapsedTicks > 0) {
      this.#lastTickMs += elapsedTicks * this.#timing.tickMs;
      events.unshift({ kind: "tick", elapsedTicks });
    }
    if (this.#proposing.length > 0) {
      events.push({ kind: "propose", proposals: this.#proposing });
      this.#proposing = [];
    }
    for (const mode of ["quorum", "lease"] as const) {
      const token = this.#reads.ask(mode, () => this.#nextToken());
      if (token !== undefined) events.push({ kind: "readIndex", token, mode });
    }
    return events;
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case "persist":
        return this.#pipeline.persist(effect);
      case "send":
        return this.#pipeline.send(effect);
      case "apply":
        return this.#applier.applyThrough(effect.through);
      case "proposed":
        this.#onPlaced.get(effect.token)?.(effect.logId);
        return this.#proposals.place(effect.token, effect.logId);
      case "refused":
        return this.#refuse(effect);
      case "readReady":
        return this.#reads.ready(effect.token, effect.readIndex, this.#applier.applied);
      case "decideSnapshot":
        return this.#snapshotReceiver.decide(effect.token, effect);
      case "sendSnapshot":
        return this.#snapshotSender.send(effect.to, effect.term);
      case "roleChanged":
        return this.#noteRole(effect);
      case "membershipChanged":
        return this.#deps.listener?.onMembershipChanged?.(effect.membership);
      case "membershipCommitted":
        return this.#memberships.noteCommitted(effect.membership);
      case "peerLostData":
        return this.#deps.logger.log("error", "a follower lost entries that it had acknowledged; replace it", {
          nodeId: effect.nodeId,
          acknowledged: effect.acknowledged,
        });
      case "halt":
        return this.#fail({ kind: "storage", fault: effect.fault });
      default:
        return unreachable(effect);
    }
  }

  #transmit({ to, message }: Extract<Effect, { readonly kind: "send" }>): void {
    const peerId = this.#deps.peers.peerIdOf(to);
    const outcome =
      peerId === undefined
        ? "not_connected"
        : this.#deps.transport.send(peerId, this.#timing.messageProtocol, encodeMessage(message));
    if (outcome !== "queued" && message.kind === "appendRequest") this.#enqueue({ kind: "sendDropped", nodeId: to });
  }

  #refuse(refused: Extract<Effect, { readonly kind: "refused" }>): void {
    const error = refusalError(refused);
    if (this.#proposals.refuse(refused.token, error) || this.#reads.refuse(refused.token, error)) return;
    this.#transfers.get(refused.token)?.reject(error);
    this.#transfers.delete(refused.token);
  }

  #noteRole({ role, term, leader }: Extract<Effect, { readonly kind: "roleChanged" }>): void {
    this.#deps.logger.log("info", "role changed", { role, term, leader });
    if (this.#isLeading && role !== "leader") {
      this.#snapshotSender.abortAll();
      this.#proposals.abandonBehind(this.#core.view.committed);
    }
    this.#isLeading = role === "leader";
    if (leader !== undefined && leader !== this.#timing.core.nodeId) {
      for (const waiter of this.#transfers.values()) waiter.resolve(leader);
      this.#transfers.clear();
    }
    this.#deps.listener?.onRoleChanged?.(role, term, leader);
  }

  #noteApplied(through: LogIndex, byteLength: number): void {
    this.#enqueue({ kind: "applied", index: through });
    this.#reads.noteApplied(through);
    this.#compactor.noteApplied(through, byteLength);
    this.#deps.listener?.onApplied?.(through);
  }

  /** Whole ticks that the core has not been told of yet. */
  #elapsedTicks(): number {
    return Math.floor((this.#deps.clock.nowMs() - this.#lastTickMs) / this.#timing.tickMs);
  }

  /**
   * Sets a timer for the tick at which time alone matters. Most messages move that tick further away: the timer stays
   * then, and its turn sets the next one.
   */
  #armWake(): void {
    const wakeMs = this.#lastTickMs + this.#core.ticksUntilDue * this.#timing.tickMs;
    if (wakeMs >= this.#wakeMs) return;
    this.#cancelWake();
    this.#wakeMs = wakeMs;
    this.#cancelWake = this.#deps.clock.setTimer(Math.max(0, wakeMs - this.#deps.clock.nowMs()), () => {
      this.#wakeMs = Number.POSITIVE_INFINITY;
      if (this.#state === "running") this.#scheduleTurn();
    });
  }

  #fail(failure: RaftFailure): void {
    if (this.#state === "failed" || this.#state === "stopping") return;
    this.#quiesce("failed", new AspenError("shutting_down", "this node has failed and stops"));
    this.#deps.listener?.onFailed?.(failure);
  }

  #quiesce(state: "stopping" | "failed", error: AspenError): void {
    this.#state = state;
    this.#cancelWake();
    this.#unsubscribe();
    this.#inbox = [];
    this.#proposing = [];
    this.#pipeline.stop();
    this.#snapshotSender.abortAll();
    this.#snapshotReceiver.abort();
    this.#proposals.rejectAll(error);
    this.#reads.rejectAll(error);
    this.#memberships.rejectAll(error);
    for (const waiter of this.#transfers.values()) waiter.reject(error);
    this.#transfers.clear();
  }

  #nextToken(): Token {
    this.#tokens += 1;
    return this.#tokens;
  }

  #assertRunning(): void {
    if (this.#state !== "running") throw new AspenError("shutting_down", "this node does not run");
  }

  #createSnapshotSender(): SnapshotSender {
    const { stateMachine, transport, clock, logger, peers } = this.#deps;
    return new SnapshotSender({
      stateMachine,
      transport,
      protocol: this.#timing.snapshotProtocol,
      clock,
      logger,
      peerIdOf: (nodeId) => peers.peerIdOf(nodeId),
      purgedIndex: () => this.#deps.logStore.state.purged.index,
      onEvent: (event) => this.#enqueue(event),
    });
  }

  #createSnapshotReceiver(): SnapshotReceiver {
    const { stateMachine, clock, logger, peers } = this.#deps;
    return new SnapshotReceiver({
      stateMachine,
      clock,
      logger,
      nodeIdOf: (peerId) => peers.nodeIdOf(peerId),
      nextToken: () => this.#nextToken(),
      onOffer: (token, from, term, { lastIncluded }) => {
        this.#enqueue({ kind: "snapshotOffered", token, from, term, lastIncluded });
      },
      exclusive: (task) => this.#applier.exclusive(task),
      onInstalled: ({ lastIncluded, membership }) => {
        if (compareLogIds(lastIncluded, this.#deps.stateMachine.appliedState.lastApplied) !== 0) return;
        this.#enqueue({ kind: "snapshotInstalled", lastIncluded, membership });
        this.#proposals.skipThrough(lastIncluded.index);
        this.#reads.noteApplied(lastIncluded.index);
      },
      onFault: (fault) => this.#fail({ kind: "storage", fault }),
    });
  }
}
