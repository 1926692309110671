import type {
  Clock,
  Logger,
  LogIndex,
  LogStore,
  NodeId,
  PeerId,
  Random,
  StateMachine,
  StorageFault,
  StoredMembership,
  Term,
  Transport,
} from "@aspenjs/api";
import { raftConfigProblem, RAFT_CONFIG_DEFAULTS, type RaftConfig } from "../core/config.ts";
import type { RoleKind } from "../core/role.ts";
import { limits } from "./limits.ts";

/** Who is behind a node id, and the other way round. The composition knows; consensus only asks. */
export interface RaftPeers {
  nodeIdOf(peerId: PeerId): NodeId | undefined;
  peerIdOf(nodeId: NodeId): PeerId | undefined;
}

/** What the owner of a node wants to hear. Called within the node's turn: return soon, do not call back in. */
export interface RaftListener {
  onRoleChanged?(role: RoleKind, term: Term, leader: NodeId | undefined): void;
  /** The membership that counts now, committed or not. */
  onMembershipChanged?(stored: StoredMembership): void;
  onApplied?(index: LogIndex): void;
  /** The node has stopped by itself: a disk failed or an invariant broke. It must not be restarted blindly. */
  onFailed?(failure: RaftFailure): void;
}

export type RaftFailure =
  | { readonly kind: "storage"; readonly fault: StorageFault }
  | { readonly kind: "bug"; readonly error: unknown };

export interface RaftNodeDeps<Result> {
  readonly logStore: LogStore;
  readonly stateMachine: StateMachine<Result>;
  readonly transport: Transport;
  readonly peers: RaftPeers;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly listener?: RaftListener;
}

export interface RaftNodeOptions {
  readonly nodeId: NodeId;
  /** Protocol names on the transport. */
  readonly messageProtocol?: string;
  readonly snapshotProtocol?: string;
  readonly tickMs?: number;
  readonly heartbeatMs?: number;
  readonly electionMsMin?: number;
  readonly electionMsMax?: number;
  /** 0 switches the fast path off. */
  readonly failoverMsMax?: number;
  /** Enables leader leases, with this much taken off for clocks that run at unequal rates. */
  readonly leaseDriftMs?: number;
  /** The log is compacted when this many entries, or this many bytes, were applied since the last time. */
  readonly compactionEntries?: number;
  readonly compactionBytes?: number;
  /** Entries that stay behind the compaction point. */
  readonly retainedEntriesMin?: number;
  /** Entries in one append message, and messages under way to one follower. */
  readonly messageEntriesMax?: number;
  readonly inflightMessagesMax?: number;
  /** Writes that wait for consensus, and reads that do. Beyond it callers get `resource_exhausted`. */
  readonly proposalsMax?: number;
  readonly readsMax?: number;
}

const TICK_MS_DEFAULT = 10;

export interface RaftTiming {
  readonly tickMs: number;
  readonly compactionEntries: number;
  readonly compactionBytes: number;
  readonly messageProtocol: string;
  readonly snapshotProtocol: string;
  readonly proposalsMax: number;
  readonly readsMax: number;
  readonly core: RaftConfig;
}

/** What is wrong with options that came from outside; nothing when a node can be made with them. */
export function raftOptionsProblem(options: RaftNodeOptions): string | undefined {
  const { tickMs, compactionEntries, compactionBytes, proposalsMax, readsMax, core } = resolveOptions(options);
  if (tickMs < 1) return "a tick is at least a millisecond";
  if (compactionEntries < 1 || compactionBytes < 1) return "a compaction is of at least one entry and one byte";
  if (proposalsMax < 1 || readsMax < 1) return "at least one write and one read may wait";
  return raftConfigProblem(core);
}

/** Milliseconds become ticks; relations are asserted by the core. */
export function resolveOptions(options: RaftNodeOptions): RaftTiming {
  const tickMs = options.tickMs ?? TICK_MS_DEFAULT;
  const ticks = (durationMs: number) => Math.round(durationMs / tickMs);
  const failoverMsMax = options.failoverMsMax ?? 120;
  const core: RaftConfig = {
    ...RAFT_CONFIG_DEFAULTS,
    nodeId: options.nodeId,
    heartbeatTicks: ticks(options.heartbeatMs ?? 100),
    electionTicksMin: ticks(options.electionMsMin ?? 750),
    electionTicksMax: ticks(options.electionMsMax ?? 1_500),
    failoverTicksMax: failoverMsMax === 0 ? 0 : Math.max(1, ticks(failoverMsMax)),
    lease:
      options.leaseDriftMs === undefined
        ? { kind: "disabled" }
        : { kind: "enabled", driftTicks: ticks(options.leaseDriftMs) },
    retainedEntriesMin: options.retainedEntriesMin ?? RAFT_CONFIG_DEFAULTS.retainedEntriesMin,
    messageEntriesMax: options.messageEntriesMax ?? RAFT_CONFIG_DEFAULTS.messageEntriesMax,
    inflightMessagesMax: options.inflightMessagesMax ?? RAFT_CONFIG_DEFAULTS.inflightMessagesMax,
  };
  return {
    tickMs,
    compactionEntries: options.compactionEntries ?? 10_000,
    compactionBytes: options.compactionBytes ?? 64 * 1024 * 1024,
    messageProtocol: options.messageProtocol ?? "/aspen/raft/1",
    snapshotProtocol: options.snapshotProtocol ?? "/aspen/snapshot/1",
    proposalsMax: options.proposalsMax ?? limits.proposalsMax,
    readsMax: options.readsMax ?? limits.readsMax,
    core,
  };
}
