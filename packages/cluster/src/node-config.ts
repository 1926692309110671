import { AspenError, type NodeId } from "@aspenjs/api";
import { raftOptionsProblem, type RaftNodeOptions } from "@aspenjs/raft";
import { limits } from "./limits.ts";

/** What may be set about a node, beyond where its parts come from. Every value has a default. */
export interface NodeConfig {
  /** How finely consensus counts time: the other durations are rounded to it. */
  readonly tickMs: number;
  readonly heartbeatMs: number;
  readonly electionMsMin: number;
  readonly electionMsMax: number;
  /** Longest random delay before a follower whose connection to the leader broke asks around; 0 switches it off. */
  readonly failoverMsMax: number;
  /** Taken off every leader lease for clocks that run unequally; `undefined` keeps leases off. */
  readonly leaseDriftMs: number | undefined;
  readonly compactionEntries: number;
  readonly compactionBytes: number;
  readonly retainedEntriesMin: number;
  /** Entries in one message of consensus, and such messages under way to one follower. */
  readonly messageEntriesMax: number;
  readonly inflightMessagesMax: number;
  /** Writes that wait for consensus in this node, and reads that do. Beyond it they are refused. */
  readonly proposalsMax: number;
  readonly readsMax: number;
  /** Between two promotions or removals that are not forced. */
  readonly membershipCooldownMs: number;
  /** Learners become voters by themselves once they have caught up. */
  readonly isPromotingLearners: boolean;
  /** What may wait for one client's watches: beyond it they fall behind, and read the history later. */
  readonly watchQueueBytesMax: number;
}

export const NODE_CONFIG_DEFAULTS: NodeConfig = {
  tickMs: 10,
  heartbeatMs: 100,
  electionMsMin: 750,
  electionMsMax: 1_500,
  failoverMsMax: 120,
  leaseDriftMs: undefined,
  compactionEntries: 10_000,
  compactionBytes: 64 * 1024 * 1024,
  retainedEntriesMin: 10_000,
  messageEntriesMax: 1_000,
  inflightMessagesMax: 32,
  proposalsMax: 8_192,
  readsMax: 65_536,
  membershipCooldownMs: 0,
  isPromotingLearners: false,
  watchQueueBytesMax: limits.watchQueueBytesMax,
};

/** The defaults with some of them replaced. @throws AspenError `invalid_request`: values that do not go together */
export function resolveNodeConfig(nodeId: NodeId, overrides: Partial<NodeConfig>): NodeConfig {
  const config = { ...NODE_CONFIG_DEFAULTS, ...overrides };
  const problem = raftOptionsProblem(raftOptions(nodeId, config)) ?? watchProblem(config);
  if (problem === undefined) return config;
  const timing = `heartbeat ${config.heartbeatMs} ms, election timeout ${config.electionMsMin} to ${config.electionMsMax} ms`;
  throw new AspenError("invalid_request", `the configuration does not go together: ${problem} (${timing})`);
}

export function raftOptions(nodeId: NodeId, config: NodeConfig): RaftNodeOptions {
  const { watchQueueBytesMax: _watching, membershipCooldownMs: _cooldown, ...rest } = config;
  const { leaseDriftMs, isPromotingLearners: _promoting, ...timing } = rest;
  return { nodeId, ...timing, ...(leaseDriftMs === undefined ? {} : { leaseDriftMs }) };
}

function watchProblem({ watchQueueBytesMax }: NodeConfig): string | undefined {
  return watchQueueBytesMax < 1 ? "a queue of changes holds at least one byte" : undefined;
}
