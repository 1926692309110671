import {
  AspenError,
  assertNodeRecord,
  findNodeRecord,
  isVoter,
  limits as apiLimits,
  membershipOf,
  requireVoter,
  withLearner,
  withoutNode,
  withPromoted,
  withVoters,
  type AddLearnerOptions,
  type CallOptions,
  type ChangeMembershipOptions,
  type Clock,
  type ClusterController,
  type ClusterState,
  type CommandResult,
  type LeaderInfo,
  type LogId,
  type Membership,
  type NodeId,
  type NodeMetrics,
  type NodeRecord,
  type PromoteLearnerOptions,
} from "@aspenjs/api";
import type { RaftNode } from "@aspenjs/raft";
import type { Introduction } from "./introduction.ts";
import { limits } from "./limits.ts";
import type { NodeConfig } from "./node-config.ts";
import type { NodeIdentity } from "./node-identity.ts";
import { assertPromotable } from "./promotion.ts";
import { waitUntil, whileWanted } from "./waiting.ts";

export interface LocalControllerDeps {
  readonly raft: RaftNode<CommandResult>;
  readonly introduction: Introduction;
  readonly identity: NodeIdentity;
  readonly clock: Clock;
  readonly config: NodeConfig;
  /** Agrees to a founding membership, durably. @returns why not, or nothing */
  readonly agreeToFounding: (membership: Membership) => Promise<string | undefined>;
}

/**
 * The cluster as one of its nodes sees it. Calls that change something succeed on the leader; elsewhere they are refused
 * with `not_leader` and a hint. What makes a change safe is the consensus core's; here stand the manners: who is ready,
 * who is reachable, who is known.
 */
export class LocalController implements ClusterController {
  readonly #deps: LocalControllerDeps;
  #lastChangeMs = Number.NEGATIVE_INFINITY;

  constructor(deps: LocalControllerDeps) {
    this.#deps = deps;
  }

  init(members: readonly NodeRecord[], options: CallOptions = {}): Promise<ClusterState> {
    return this.#bounded("founding the cluster", options, () => this.#init(members, options));
  }

  addLearner(node: NodeRecord, options: AddLearnerOptions = {}): Promise<ClusterState> {
    const what = options.waitForCatchUp === true ? "adding a learner that catches up" : "adding a learner";
    return this.#bounded(what, options, () => this.#addLearner(node, options));
  }

  promoteLearner(nodeId: NodeId, options: PromoteLearnerOptions = {}): Promise<ClusterState> {
    return this.#bounded(`promoting node ${nodeId}`, options, () => this.#promoteLearner(nodeId, options));
  }

  changeMembership(voters: readonly NodeId[], options: ChangeMembershipOptions = {}): Promise<ClusterState> {
    return this.#bounded("changing the membership", options, async () => {
      await this.#change(withVoters(this.#membershipAsLeader(), voters, options.retainRemovedAsLearners === true));
      return this.currentState();
    });
  }

  removeNode(nodeId: NodeId, options: CallOptions = {}): Promise<ClusterState> {
    return this.#bounded(`removing node ${nodeId}`, options, async () => {
      await this.#change(withoutNode(this.#membershipAsLeader(), nodeId));
      return this.currentState();
    });
  }

  transferLeadership(nodeId?: NodeId, options: CallOptions = {}): Promise<NodeId> {
    return this.#bounded("transferring leadership", options, async () => {
      const present = this.#membershipAsLeader();
      if (nodeId !== undefined) requireVoter(present, nodeId);
      if (nodeId === this.#deps.identity.nodeId) return nodeId;
      return this.#deps.raft.transferLeadership(nodeId);
    });
  }

  async currentState(): Promise<ClusterState> {
    this.#assertInitialized();
    const { view } = this.#deps.raft;
    return {
      clusterId: this.#deps.identity.clusterId,
      term: view.hardState.term,
      leader: view.leader,
      membership: view.membership.membership,
      membershipLogId: view.membership.logId,
    };
  }

  async getMetrics(): Promise<NodeMetrics> {
    return this.#deps.raft.metrics();
  }

  triggerSnapshot(options: CallOptions = {}): Promise<LogId> {
    return this.#bounded("taking a snapshot", options, async () => {
      this.#assertInitialized();
      return this.#deps.raft.takeSnapshot();
    });
  }

  async getLeader(): Promise<LeaderInfo | undefined> {
    const { leader, membership } = await this.currentState();
    if (leader === undefined) return undefined;
    return { nodeId: leader, addresses: findNodeRecord(membership, leader)?.addresses ?? [] };
  }

  #bounded<Value>(what: string, options: CallOptions, work: () => Promise<Value>): Promise<Value> {
    return whileWanted(this.#deps.clock, options, what, work);
  }

  async #init(members: readonly NodeRecord[], options: CallOptions): Promise<ClusterState> {
    const membership = this.#foundingMembership(members);
    const { raft, introduction, identity } = this.#deps;
    const others = membership.nodes.filter((record) => record.nodeId !== identity.nodeId);
    // Agreeing is for life: a member that is misspelt or away must show before anyone does.
    for (const record of others) await introduction.meet(record);
    const refusal = await this.#deps.agreeToFounding(membership);
    if (refusal !== undefined) throw new AspenError("already_initialized", refusal);
    for (const record of others) await introduction.prepare(record, membership);
    await raft.bootstrap(membership);
    await waitUntil(this.#deps.clock, deadlineOf(options), "a leader is elected", () => raft.view.leader);
    return this.currentState();
  }

  async #addLearner(node: NodeRecord, options: AddLearnerOptions): Promise<ClusterState> {
    assertNodeRecord(node);
    const present = this.#membershipAsLeader();
    const known = findNodeRecord(present, node.nodeId);
    const isPresent = known?.peerId === node.peerId && present.learners.includes(node.nodeId);
    if (!isPresent) {
      const next = withLearner(present, node);
      await this.#deps.introduction.prepare(node, next);
      await this.#change(next);
    }
    if (options.waitForCatchUp === true) await this.#waitForCatchUp(node.nodeId, options);
    return this.currentState();
  }

  async #promoteLearner(nodeId: NodeId, options: PromoteLearnerOptions): Promise<ClusterState> {
    const next = withPromoted(this.#membershipAsLeader(), nodeId, options.replace);
    const isForced = options.force === true;
    assertPromotable(this.#deps.raft.metrics(), next, nodeId, {
      healthyWithinMs: this.#deps.config.electionMsMax,
      isForced,
    });
    if (!isForced) this.#assertCooledDown();
    await this.#change(next);
    return this.currentState();
  }

  #foundingMembership(members: readonly NodeRecord[]): Membership {
    if (this.#deps.raft.view.last.index > 0) {
      throw new AspenError("already_initialized", "this node belongs to a cluster already");
    }
    if (members.length === 0) throw new AspenError("invalid_request", "a cluster needs at least one member");
    for (const record of members) assertNodeRecord(record);
    const nodeIds = members.map((record) => record.nodeId);
    if (new Set(nodeIds).size !== nodeIds.length) throw new AspenError("invalid_request", "a node id is named twice");
    if (new Set(members.map((record) => record.peerId)).size !== members.length) {
      throw new AspenError("invalid_request", "two members share one peer id");
    }
    const { nodeId, peerId } = this.#deps.identity;
    if (members.find((record) => record.nodeId === nodeId)?.peerId !== peerId) {
      throw new AspenError("invalid_request", `the asked node (${nodeId}, ${peerId}) is not among the members`);
    }
    return membershipOf(nodeIds, [], members);
  }

  #assertInitialized(): void {
    if (this.#deps.raft.view.membership.membership.voters.length > 0) return;
    throw new AspenError("not_initialized", "this node belongs to no cluster yet");
  }

  #membershipAsLeader(): Membership {
    this.#assertInitialized();
    const { view } = this.#deps.raft;
    if (view.role === "leader") return view.membership.membership;
    if (view.leader === undefined) {
      throw new AspenError("unavailable", "no leader is known", { details: { outcome: "not_applied" } });
    }
    throw new AspenError("not_leader", `node ${view.leader} leads`, { details: { leader: view.leader } });
  }

  /** A leader just elected changes nothing before its first commit, which is a moment away: worth the wait. */
  async #change({ voters, learners, nodes }: Membership): Promise<void> {
    await waitUntil(this.#deps.clock, limits.clusterCallMs, "this leader commits its first entry", () => {
      const { leading, committed } = this.#deps.raft.view;
      return leading === undefined || committed >= leading.termStart ? true : undefined;
    });
    await this.#deps.raft.changeMembership({ voters, learners, nodes });
    this.#lastChangeMs = this.#deps.clock.nowMs();
  }

  #assertCooledDown(): void {
    const { membershipCooldownMs } = this.#deps.config;
    const sinceMs = this.#deps.clock.nowMs() - this.#lastChangeMs;
    if (sinceMs >= membershipCooldownMs) return;
    throw new AspenError("conflict", "the membership changed a short while ago", {
      retryable: true,
      details: { waitMs: Math.ceil(membershipCooldownMs - sinceMs) },
    });
  }

  async #waitForCatchUp(nodeId: NodeId, options: CallOptions): Promise<void> {
    await waitUntil(this.#deps.clock, deadlineOf(options), `node ${nodeId} catches up`, () => {
      const { view } = this.#deps.raft;
      const peer = view.leading?.peers.find((candidate) => candidate.nodeId === nodeId);
      if (view.role !== "leader" || isVoter(view.membership.membership, nodeId)) return true;
      return peer !== undefined && view.last.index - peer.matchIndex <= apiLimits.promotionLagEntriesMax
        ? true
        : undefined;
    });
  }
}

function deadlineOf(options: CallOptions): number {
  return options.deadlineMs ?? limits.callMsDefault;
}
