import {
  AspenError,
  limitedLogger,
  type CancelTimer,
  type Clock,
  type ClusterController,
  type CommandResult,
  type KeyValueStateMachine,
  type LogFields,
  type Logger,
  type LogStore,
  type Membership,
  type NodeMetrics,
  type NodeRecord,
  type NodeRole,
  type PeerEvent,
  type PeerId,
  type Random,
  type StorageFault,
  type Transport,
} from "@aspenjs/api";
import {
  decodeClusterMessageAnswer,
  encodeClusterMessage,
  PROTOCOL_IDS,
  type ClusterSecret,
  type TicketAccess,
} from "@aspenjs/protocol";
import { createRaftNode, type RaftFailure, type RaftListener, type RaftNode } from "@aspenjs/raft";
import { AdmissionService } from "./admission-service.ts";
import { ClientService } from "./client-service.ts";
import { ClusterService } from "./cluster-service.ts";
import { foundingDigest } from "./founding.ts";
import { handOver } from "./hand-over.ts";
import { Introduction } from "./introduction.ts";
import { LearnerPromoter } from "./learner-promoter.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import { limits } from "./limits.ts";
import { LocalController } from "./local-controller.ts";
import { LogClock } from "./log-clock.ts";
import { LogFeed } from "./log-feed.ts";
import { LogService } from "./log-service.ts";
import { raftOptions, resolveNodeConfig, type NodeConfig } from "./node-config.ts";
import type { IdentityStore, NodeIdentity } from "./node-identity.ts";
import type { PeerDirectory } from "./peer-directory.ts";
import { Probation } from "./probation.ts";
import { RequestRouter } from "./request-router.ts";
import { WatchHub } from "./watch-hub.ts";
import { WatchService } from "./watch-service.ts";

/** The parts of a node. It owns the transport, the log store and the state machine from now on, and closes them. */
export interface AspenNodeParts {
  readonly transport: Transport;
  /** The gate that the transport was made with. */
  readonly directory: PeerDirectory;
  readonly logStore: LogStore;
  readonly stateMachine: KeyValueStateMachine;
  readonly identityStore: IdentityStore;
  readonly secret: ClusterSecret;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The node has stopped by itself and must not be restarted blindly: a disk failed, or an invariant broke. */
  readonly onFailed?: (failure: RaftFailure) => void;
  /** Hears what consensus does, as it does it: for tools and simulations. */
  readonly observer?: RaftListener;
}

export type CreateAspenNodeOutcome =
  | { readonly kind: "created"; readonly node: AspenNode }
  | { readonly kind: "fault"; readonly fault: StorageFault };

export interface IssueTicketOptions {
  readonly access: TicketAccess;
  readonly keyPrefixes?: readonly string[];
  readonly ttlMs?: number;
}

/**
 * Puts a node together over ports. Nothing listens before `start`.
 * @throws AspenError `invalid_request`: the configuration does not go together
 */
export async function createAspenNode(
  given: AspenNodeParts,
  config: Partial<NodeConfig> = {},
): Promise<CreateAspenNodeOutcome> {
  const { identity } = given.identityStore;
  const resolved = resolveNodeConfig(identity.nodeId, config);
  const parts = { ...given, logger: given.logger.child({ nodeId: identity.nodeId }) };
  const logClock = new LogClock(parts.clock, parts.stateMachine);
  const node: { current: AspenNode | undefined } = { current: undefined };
  const created = await createRaftNode<CommandResult>(
    {
      logStore: parts.logStore,
      stateMachine: parts.stateMachine,
      transport: parts.transport,
      peers: parts.directory,
      clock: parts.clock,
      random: parts.random,
      logger: parts.logger.child({ part: "raft" }),
      listener: {
        onRoleChanged: (role, term, leader) => {
          if (role === "leader") logClock.start();
          node.current?.noteRole(role);
          parts.observer?.onRoleChanged?.(role, term, leader);
        },
        onMembershipChanged: (stored) => {
          parts.directory.update(stored.membership);
          parts.transport.setDesiredPeers(parts.directory.addressesOfOthers(identity.nodeId));
          parts.observer?.onMembershipChanged?.(stored);
        },
        onApplied: (index) => {
          node.current?.noteApplied();
          parts.observer?.onApplied?.(index);
        },
        onFailed: (failure) => node.current?.noteFailure(failure),
      },
    },
    raftOptions(identity.nodeId, resolved),
  );
  if (created.kind === "fault") return created;
  node.current = new AspenNode(parts, resolved, created.node, logClock);
  return { kind: "created", node: node.current };
}

/**
 * One node of a cluster: consensus, the services around it, and the order in which they start and stop. It accepts
 * nothing before it can answer, and answers everything it accepted before it is gone.
 */
export class AspenNode {
  readonly #parts: AspenNodeParts;
  readonly #raft: RaftNode<CommandResult>;
  readonly #admission: AdmissionService;
  readonly #clients: ClientService;
  readonly #probation: Probation;
  readonly #controller: LocalController;
  readonly #promoter: LearnerPromoter | undefined;
  readonly #leases: LeaseKeeper;
  readonly #streams: { readonly watches: WatchHub; readonly log: LogFeed };
  readonly #retries = new Map<PeerId, CancelTimer>();
  /** The last answer to a founder. */
  #agreement: Promise<unknown> = Promise.resolve();
  #unsubscribe: () => void = () => {};
  #failure: RaftFailure | undefined;
  #stopping: Promise<void> | undefined;

  constructor(parts: AspenNodeParts, config: NodeConfig, raft: RaftNode<CommandResult>, logClock: LogClock) {
    this.#parts = parts;
    this.#raft = raft;
    const { transport, directory, clock, random, logger, secret } = parts;
    const { identity } = parts.identityStore;
    // Whoever finds the port can cause these lines.
    const linesPerSecondMax = limits.strangerLinesPerSecondMax;
    const kindOf = (message: string, { reason }: LogFields): string => `${message} ${String(reason)}`;
    const strangerLogger = limitedLogger({ logger, clock, linesPerSecondMax, kindOf });
    this.#probation = new Probation({
      clock,
      logger: strangerLogger,
      disconnect: (peerId) => void transport.disconnect(peerId),
    });
    this.#admission = new AdmissionService({
      transport,
      directory,
      identity,
      admissionKey: secret.admissionKey(),
      clock,
      random,
      logger: strangerLogger.child({ part: "admission" }),
      onAdmitted: (peerId) => this.#probation.end(peerId),
    });
    const introduction = new Introduction({ transport, admission: this.#admission, clusterId: identity.clusterId });
    const agreeToFounding = (membership: Membership) => this.#agreeToFounding(membership);
    this.#controller = new LocalController({ raft, introduction, identity, clock, config, agreeToFounding });
    this.#promoter = config.isPromotingLearners ? this.#createPromoter() : undefined;
    this.#leases = new LeaseKeeper({
      raft,
      machine: parts.stateMachine,
      logClock,
      clock,
      logger: logger.child({ part: "leases" }),
    });
    const router = new RequestRouter({
      leases: this.#leases,
      raft,
      machine: parts.stateMachine,
      controller: this.#controller,
      logClock,
      clock,
    });
    this.#clients = new ClientService({
      transport,
      router,
      directory,
      identity,
      secret,
      clock,
      random,
      logger: strangerLogger.child({ part: "client" }),
      leader: () => raft.view.leader,
      onGreeted: (peerId) => {
        directory.noteGreeted(peerId);
        this.#probation.end(peerId);
      },
    });
    this.#streams = this.#serveStreams(router, strangerLogger, config.watchQueueBytesMax);
    new ClusterService({
      transport,
      directory,
      identity,
      controller: this.#controller,
      logger: logger.child({ part: "cluster" }),
      isInitialized: () => raft.view.last.index > 0,
      agreeToFounding,
    });
  }

  #serveStreams(
    router: RequestRouter,
    logger: Logger,
    queueBytesMax: number,
  ): { readonly watches: WatchHub; readonly log: LogFeed } {
    const { transport, clock, stateMachine } = this.#parts;
    const watches = new WatchHub(stateMachine);
    const log = new LogFeed(this.#raft);
    const hasLeader = () => this.#raft.view.leader !== undefined;
    new WatchService({
      transport,
      hub: watches,
      clock,
      logger: logger.child({ part: "watch" }),
      authorize: (peerId, filter) => this.#clients.authorizeWatch(peerId, filter),
      freshRevision: () => router.freshRevision(),
      hasLeader,
      queueBytesMax,
    });
    new LogService({
      transport,
      feed: log,
      clock,
      logger: logger.child({ part: "log" }),
      authorize: (peerId, keyPrefixes) => this.#clients.authorizeLog(peerId, keyPrefixes),
      freshIndex: () => router.freshIndex(),
      committedIndex: () => this.#raft.view.committed,
      hasLeader,
    });
    return { watches, log };
  }

  get identity(): NodeIdentity {
    return this.#parts.identityStore.identity;
  }

  get addresses(): readonly string[] {
    return this.#parts.transport.addresses;
  }

  /** This node as others would name it in `init` or `addLearner`. */
  get record(): NodeRecord {
    const { nodeId, peerId } = this.identity;
    return { nodeId, peerId, addresses: this.addresses };
  }

  get isInitialized(): boolean {
    return this.#raft.view.last.index > 0;
  }

  /** Calls that change the cluster succeed on the leader; a client finds it by itself. */
  get controller(): ClusterController {
    return this.#controller;
  }

  metrics(): NodeMetrics {
    return this.#raft.metrics();
  }

  async start(): Promise<void> {
    const { transport, logger } = this.#parts;
    this.#unsubscribe = transport.onPeerEvent((event) => this.#notePeer(event));
    await transport.start();
    this.#raft.start();
    this.#promoter?.start();
    const { peerId, clusterId } = this.identity;
    logger.log("info", "node started", { peerId, clusterId, addresses: this.addresses });
  }

  /**
   * Asks the members at these addresses to take this node in as a learner. Safe to repeat.
   * @throws AspenError what a member refused with, if another try would meet it again; else `unavailable`
   */
  async join(addresses: readonly string[]): Promise<void> {
    const { transport } = this.#parts;
    let failure: unknown;
    let refusal: AspenError | undefined;
    for (const address of addresses) {
      try {
        const peerId = await transport.connect(address, { deadlineMs: limits.dialMs });
        await this.#admission.admit(peerId);
        const body = encodeClusterMessage({ kind: "joinAsLearner", node: this.record });
        const answer = await transport.request(peerId, PROTOCOL_IDS.cluster, body, {
          deadlineMs: limits.callMsDefault,
        });
        decodeClusterMessageAnswer("joinAsLearner", answer);
        return;
      } catch (error) {
        if (error instanceof AspenError && !error.retryable) refusal ??= error;
        failure = error;
      }
    }
    if (refusal !== undefined) throw refusal;
    throw new AspenError("unavailable", "no member took this node in", { cause: failure });
  }

  issueTicket({ access, keyPrefixes, ttlMs }: IssueTicketOptions): string {
    return this.#clients.issueTicket({ access, keyPrefixes: keyPrefixes ?? [], ttlMs });
  }

  joinTicket(): string {
    return this.#clients.joinTicket();
  }

  /** Hands leadership over if it can, ends what is under way, and closes everything. Each step is bounded in time. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  noteRole(role: NodeRole): void {
    this.#leases.setLeading(role === "leader");
  }

  noteApplied(): void {
    this.#streams.watches.noteApplied();
    this.#streams.log.noteApplied();
  }

  noteFailure(failure: RaftFailure): void {
    this.#failure = failure;
    const reason = failure.kind === "storage" ? failure.fault.message : String(failure.error);
    this.#parts.logger.log("error", "the node has failed and takes no further part", { kind: failure.kind, reason });
    this.#parts.onFailed?.(failure);
  }

  async #stop(): Promise<void> {
    const { transport, logStore, stateMachine, logger } = this.#parts;
    if (this.#failure === undefined) await this.#handOver();
    this.#unsubscribe();
    this.#promoter?.stop();
    this.#leases.stop();
    this.#probation.endAll();
    for (const cancel of this.#retries.values()) cancel();
    this.#retries.clear();
    await this.#raft.stop();
    await transport.stop();
    await stateMachine.close();
    await logStore.close();
    logger.log("info", "node stopped");
  }

  #handOver(): Promise<void> {
    const { transport, directory, clock, logger } = this.#parts;
    return handOver({ raft: this.#raft, transport, directory, nodeId: this.identity.nodeId, clock, logger });
  }

  /** One founder after the other: while one answer is on its way to the disk, another founder must not hear yes too. */
  #agreeToFounding(membership: Membership): Promise<string | undefined> {
    const answer = this.#agreement.then(() => this.#answerFounder(membership));
    this.#agreement = answer.catch(() => {});
    return answer;
  }

  async #answerFounder(membership: Membership): Promise<string | undefined> {
    const { identityStore } = this.#parts;
    const digest = foundingDigest(this.identity.clusterId, membership);
    if (identityStore.founding === digest) return undefined;
    if (identityStore.founding !== undefined) {
      return "this node agreed to another founding membership before; to start anew, remove its data directory";
    }
    await identityStore.recordFounding(digest);
    return undefined;
  }

  #createPromoter(): LearnerPromoter {
    const { clock, logger } = this.#parts;
    const learners = () => {
      const { role, membership } = this.#raft.view;
      return role === "leader" ? membership.membership.learners : [];
    };
    return new LearnerPromoter({ controller: this.#controller, clock, logger, learners });
  }

  #notePeer({ kind, peerId }: PeerEvent): void {
    const { directory } = this.#parts;
    if (kind === "disconnected") {
      this.#probation.end(peerId);
      this.#retries.get(peerId)?.();
      this.#retries.delete(peerId);
      this.#admission.forget(peerId);
      this.#clients.forget(peerId);
      return;
    }
    if (directory.isMember(peerId)) this.#admitMember(peerId);
    else if (!directory.isAdmitted(peerId)) this.#probation.begin(peerId);
  }

  /** A member may not know this node as one yet: prove the secret, so that it listens all the same. */
  #admitMember(peerId: PeerId): void {
    const { clock, transport, logger } = this.#parts;
    this.#admission.admit(peerId).catch((error: unknown) => {
      if (!transport.connectedPeers.includes(peerId)) return;
      logger.log("warn", "a member did not admit this node", { peerId, reason: String(error) });
      const cancel = clock.setTimer(limits.admissionRetryMs, () => {
        this.#retries.delete(peerId);
        if (transport.connectedPeers.includes(peerId)) this.#admitMember(peerId);
      });
      this.#retries.set(peerId, cancel);
    });
  }
}
