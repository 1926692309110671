import { assert } from "../assert.ts";
import { AspenError } from "../aspen-error.ts";
import type { CallOptions } from "../call-options.ts";
import type {
  AddLearnerOptions,
  ChangeMembershipOptions,
  ClusterController,
  PromoteLearnerOptions,
} from "../cluster-controller.ts";
import type { ClusterState, LatencySummary, LeaderInfo, NodeMetrics, PeerMetrics } from "../cluster-state.ts";
import { limits } from "../limits.ts";
import { LOG_ID_ZERO, type LogId, type LogIndex, type Term } from "../log-id.ts";
import { findNodeRecord, memberIds, membershipProblem, type Membership, type NodeRecord } from "../membership.ts";
import type { NodeId } from "../node-id.ts";
import { assertStillWanted } from "./call-gate.ts";
import {
  membershipOf,
  requireMember,
  requireVoter,
  withLearner,
  withoutNode,
  withPromoted,
  withVoters,
} from "../cluster-change.ts";
import { assertNodeRecord } from "../node-record-gate.ts";

export interface MemoryClusterOptions {
  readonly clusterId?: string;
  /** How many entries a node pretends to be behind the leader; 0 for every node by default. */
  readonly lagEntries?: (nodeId: NodeId) => number;
}

/**
 * A cluster that is all talk: nodes are records, a change commits in the call that asks for it, and the leader, which
 * answers every call, is the lowest voter until leadership is transferred. Starts without members: `init` comes first.
 * Made for programs that manage clusters, to be tested without one.
 */
export function createMemoryClusterController(options: MemoryClusterOptions = {}): ClusterController {
  return new MemoryClusterController(options);
}

/** What the nodes agree on once there is a cluster. Replaced as a whole, never changed in place. */
interface Agreement {
  readonly term: Term;
  readonly leader: NodeId;
  readonly lastIndex: LogIndex;
  readonly membership: Membership;
  readonly membershipLogId: LogId;
  readonly snapshotLogId: LogId;
}

const NO_LATENCY: LatencySummary = { count: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 };

class MemoryClusterController implements ClusterController {
  readonly #clusterId: string;
  readonly #lagEntries: (nodeId: NodeId) => number;
  #agreement: Agreement | undefined;

  constructor({ clusterId, lagEntries }: MemoryClusterOptions) {
    this.#clusterId = clusterId ?? "memory";
    this.#lagEntries = lagEntries ?? (() => 0);
  }

  async init(members: readonly NodeRecord[], options?: CallOptions): Promise<ClusterState> {
    assertStillWanted(options);
    if (this.#agreement !== undefined) throw new AspenError("already_initialized", "the cluster has members already");
    for (const member of members) assertNodeRecord(member);
    if (members.length > limits.peersMax) {
      throw new AspenError("invalid_request", `a cluster has at most ${limits.peersMax} members`, {
        details: { size: members.length, max: limits.peersMax },
      });
    }
    const ids = members.map((member) => member.nodeId);
    const membership = membershipOf(ids, [], members.map(copyOf));
    const problem = membershipProblem(membership);
    if (problem !== undefined) throw new AspenError("invalid_request", problem);
    const membershipLogId: LogId = { term: 1, index: 1 };
    const leader = lowestVoter(membership);
    // The second entry is the leader's blank one, which commits the first.
    this.#agreement = { term: 1, leader, lastIndex: 2, membership, membershipLogId, snapshotLogId: LOG_ID_ZERO };
    return this.#state(this.#agreement);
  }

  async addLearner(node: NodeRecord, options?: AddLearnerOptions): Promise<ClusterState> {
    const present = this.#required(options);
    assertNodeRecord(node);
    const state = this.#commit(present, withLearner(present.membership, copyOf(node)));
    if (options?.waitForCatchUp === true && this.#lagEntries(node.nodeId) > limits.promotionLagEntriesMax) {
      throw new AspenError("timeout", `node ${node.nodeId} is a learner now and has not caught up`);
    }
    return state;
  }

  async promoteLearner(nodeId: NodeId, options?: PromoteLearnerOptions): Promise<ClusterState> {
    const present = this.#required(options);
    const next = withPromoted(present.membership, nodeId, options?.replace);
    const lag = this.#lagEntries(nodeId);
    if (options?.force !== true && lag > limits.promotionLagEntriesMax) {
      throw new AspenError("conflict", `node ${nodeId} is ${lag} entries behind`, {
        retryable: true,
        details: { lagEntries: lag, max: limits.promotionLagEntriesMax },
      });
    }
    return this.#commit(present, next);
  }

  async changeMembership(voters: readonly NodeId[], options?: ChangeMembershipOptions): Promise<ClusterState> {
    const present = this.#required(options);
    const isRetaining = options?.retainRemovedAsLearners === true;
    return this.#commit(present, withVoters(present.membership, voters, isRetaining));
  }

  async removeNode(nodeId: NodeId, options?: CallOptions): Promise<ClusterState> {
    const present = this.#required(options);
    return this.#commit(present, withoutNode(present.membership, nodeId));
  }

  async transferLeadership(nodeId?: NodeId, options?: CallOptions): Promise<NodeId> {
    const present = this.#required(options);
    if (nodeId !== undefined) requireVoter(present.membership, nodeId);
    const others = present.membership.voters.filter((voter) => voter !== present.leader);
    const successor = nodeId ?? others[0] ?? present.leader;
    if (successor !== present.leader) this.#agreement = underLeader(present, successor);
    return successor;
  }

  async currentState(options?: CallOptions): Promise<ClusterState> {
    return this.#state(this.#required(options));
  }

  async getMetrics(options?: CallOptions): Promise<NodeMetrics> {
    const present = this.#required(options);
    const { term, leader, lastIndex, membership, snapshotLogId } = present;
    const others = memberIds(membership).filter((nodeId) => nodeId !== leader);
    return {
      nodeId: leader,
      role: "leader",
      term,
      vote: leader,
      leader,
      lastLogId: { term, index: lastIndex },
      committedIndex: lastIndex,
      appliedIndex: lastIndex,
      snapshotLogId,
      purgedLogId: LOG_ID_ZERO,
      peers: others.map((nodeId) => this.#peerMetrics(nodeId, lastIndex)),
      quorumAckAgeMs: 0,
      proposalsInFlight: 0,
      readsWaiting: 0,
      applyLatency: NO_LATENCY,
      logWriteLatency: NO_LATENCY,
    };
  }

  async triggerSnapshot(options?: CallOptions): Promise<LogId> {
    const present = this.#required(options);
    const snapshotLogId: LogId = { term: present.term, index: present.lastIndex };
    this.#agreement = { ...present, snapshotLogId };
    return snapshotLogId;
  }

  async getLeader(options?: CallOptions): Promise<LeaderInfo | undefined> {
    const { leader, membership } = this.#required(options);
    requireMember(membership, leader);
    return { nodeId: leader, addresses: findNodeRecord(membership, leader)?.addresses ?? [] };
  }

  #required(options: CallOptions | undefined): Agreement {
    assertStillWanted(options);
    if (this.#agreement === undefined) throw new AspenError("not_initialized", "init was never called");
    return this.#agreement;
  }

  /** A removed leader finishes the change, then the lowest voter leads. */
  #commit(present: Agreement, membership: Membership): ClusterState {
    const problem = membershipProblem(membership);
    assert(problem === undefined, problem ?? "");
    const isSameVoters = membership.voters.join() === present.membership.voters.join();
    // Other voters take two entries: the joint membership, and the one that ends it.
    const lastIndex = present.lastIndex + (isSameVoters ? 1 : 2);
    const membershipLogId = { term: present.term, index: lastIndex };
    const changed = { ...present, lastIndex, membership, membershipLogId };
    const isLeaderGone = !membership.voters.includes(present.leader);
    this.#agreement = isLeaderGone ? underLeader(changed, lowestVoter(membership)) : changed;
    return this.#state(this.#agreement);
  }

  #state({ term, leader, membership, membershipLogId }: Agreement): ClusterState {
    return { clusterId: this.#clusterId, term, leader, membership, membershipLogId };
  }

  #peerMetrics(nodeId: NodeId, lastIndex: LogIndex): PeerMetrics {
    const matchIndex = Math.max(0, lastIndex - this.#lagEntries(nodeId));
    return { nodeId, matchIndex, replication: "replicate", lastContactMs: 0 };
  }
}

/** The next term, which its leader opens with a blank entry. */
function underLeader(present: Agreement, leader: NodeId): Agreement {
  return { ...present, leader, term: present.term + 1, lastIndex: present.lastIndex + 1 };
}

function lowestVoter(membership: Membership): NodeId {
  const voter = membership.voters[0];
  assert(voter !== undefined, "a membership has a voter");
  return voter;
}

function copyOf(record: NodeRecord): NodeRecord {
  return { ...record, addresses: [...record.addresses] };
}
