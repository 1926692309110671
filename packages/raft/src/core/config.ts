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

/** Relations without which elections or leases would be unsound. A violation is a bug of whoever built the config. */
export function assertRaftConfig(config: RaftConfig): void {
  assert(isNodeId(config.nodeId), "nodeId is a node id");
  assert(config.heartbeatTicks >= 1, "heartbeatTicks is at least 1");
  assert(config.heartbeatTicks * 2 < config.electionTicksMin, "two heartbeats fit into the shortest election timeout");
  assert(config.electionTicksMin < config.electionTicksMax, "election timeouts have a range to be drawn from");
  assert(config.failoverTicksMax >= 0, "failoverTicksMax is not negative");
  assert(config.failoverTicksMax < config.electionTicksMin, "failover is faster than an election timeout");
  assert(config.inflightMessagesMax >= 1, "inflightMessagesMax is at least 1");
  assert(config.messageEntriesMax >= 1, "messageEntriesMax is at least 1");
  assert(config.messageBytesMax >= 1, "messageBytesMax is at least 1");
  assert(config.readsMax >= 1, "readsMax is at least 1");
  assert(config.retainedEntriesMin >= 0, "retainedEntriesMin is not negative");
  if (config.lease.kind === "enabled") {
    assert(config.lease.driftTicks >= 1, "a lease allows for at least one tick of drift");
    assert(config.lease.driftTicks < config.electionTicksMin - config.heartbeatTicks, "a lease outlives a heartbeat");
  }
}
