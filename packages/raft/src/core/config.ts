import { assert, isNodeId, type NodeId } from "@aspenjs/api";

/** Durations are counted in ticks: the core knows no clock. The shell says how long a tick is. */
export interface RaftConfig {
  readonly nodeId: NodeId;
  readonly heartbeatTicks: number;
  /** An election starts after a number of ticks drawn from this range, anew at every campaign. */
  readonly electionTicksMin: number;
  readonly electionTicksMax: number;
  /**
   * A follower whose connection to the leader breaks starts a pre-vote after at most this many ticks; 0 switches the
   * fast path off. Ignored while leases are enabled: a lease trusts voters to wait.
   */
  readonly failoverTicksMax: number;
  /** Leader leases: reads without a quorum round. `driftTicks` is taken off every lease for unequal clock rates. */
  readonly lease: { readonly kind: "disabled" } | { readonly kind: "enabled"; readonly driftTicks: number };
  /** Append messages under way to one follower. */
  readonly inflightMessagesMax: number;
  readonly messageEntriesMax: number;
  /** Payload bytes in one append message; a single larger entry still travels alone. */
  readonly messageBytesMax: number;
  /** Reads that wait for a round, or for the leader's answer. */
  readonly readsMax: number;
  /** Entries that stay behind a snapshot, so that a follower a little behind does not need it. */
  readonly retainedEntriesMin: number;
}

export const RAFT_CONFIG_DEFAULTS: Omit<RaftConfig, "nodeId"> = {
  heartbeatTicks: 10,
  electionTicksMin: 75,
  electionTicksMax: 150,
  failoverTicksMax: 12,
  lease: { kind: "disabled" },
  inflightMessagesMax: 32,
  messageEntriesMax: 1_000,
  messageBytesMax: 512 * 1024,
  readsMax: 10_000,
  retainedEntriesMin: 10_000,
};

/** A relation without which elections or leases would be unsound, and that does not hold; nothing when all do. */
export function raftConfigProblem(config: RaftConfig): string | undefined {
  return relationsOf(config).find(([holds]) => !holds)?.[1];
}

/** A violation is a bug of whoever built the config. */
export function assertRaftConfig(config: RaftConfig): void {
  for (const [holds, relation] of relationsOf(config)) assert(holds, relation);
}

function relationsOf(config: RaftConfig): readonly (readonly [holds: boolean, relation: string])[] {
  const { heartbeatTicks, electionTicksMin, electionTicksMax, failoverTicksMax, lease } = config;
  return [
    [isNodeId(config.nodeId), "nodeId is a node id"],
    [heartbeatTicks >= 1, "a heartbeat is at least one tick"],
    [heartbeatTicks * 2 < electionTicksMin, "two heartbeats fit into the shortest election timeout"],
    [electionTicksMin < electionTicksMax, "the shortest election timeout is less than the longest"],
    [failoverTicksMax >= 0, "a failover delay is not negative"],
    [failoverTicksMax < electionTicksMin, "a failover delay is less than the shortest election timeout"],
    [config.inflightMessagesMax >= 1, "inflightMessagesMax is at least 1"],
    [config.messageEntriesMax >= 1, "messageEntriesMax is at least 1"],
    [config.messageBytesMax >= 1, "messageBytesMax is at least 1"],
    [config.readsMax >= 1, "readsMax is at least 1"],
    [config.retainedEntriesMin >= 0, "retainedEntriesMin is not negative"],
    ...(lease.kind === "disabled" ? [] : leaseRelations(lease.driftTicks, config)),
  ];
}

function leaseRelations(driftTicks: number, { electionTicksMin, heartbeatTicks }: RaftConfig) {
  return [
    [driftTicks >= 1, "a lease allows for at least one tick of drift"],
    [driftTicks < electionTicksMin - heartbeatTicks, "a lease outlives a heartbeat"],
  ] as const;
}
