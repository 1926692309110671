import {
  assertNodeRecord,
  type AddLearnerOptions,
  type CallOptions,
  type ChangeMembershipOptions,
  type ClusterController,
  type ClusterState,
  type LeaderInfo,
  type LogId,
  type NodeId,
  type NodeMetrics,
  type NodeRecord,
  type PromoteLearnerOptions,
} from "@aspenjs/api";
import type { AnswerOfKind, ClusterCall, RequestByKind } from "@aspenjs/protocol";
import type { CallDriver } from "./call-driver.ts";
import { assertNodeId, assertNodeIds, assertNodeRecords } from "./request-gate.ts";
import type { Repeatability } from "./retry-policy.ts";

/**
 * Changes are sent again only when it is certain that the first try did nothing; questions, whenever that helps. A
 * change whose answer was lost is reported: `currentState` tells what became of it.
 */
export class RemoteClusterController implements ClusterController {
  readonly #driver: CallDriver;

  constructor(driver: CallDriver) {
    this.#driver = driver;
  }

  async init(members: readonly NodeRecord[], options?: CallOptions): Promise<ClusterState> {
    assertNodeRecords(members);
    return this.#change({ kind: "init", members }, options);
  }

  async addLearner(node: NodeRecord, options?: AddLearnerOptions): Promise<ClusterState> {
    assertNodeRecord(node);
    return this.#change({ kind: "addLearner", node, waitForCatchUp: options?.waitForCatchUp ?? false }, options);
  }

  async promoteLearner(nodeId: NodeId, options?: PromoteLearnerOptions): Promise<ClusterState> {
    const { replace, force = false } = options ?? {};
    assertNodeIds(replace === undefined ? [nodeId] : [nodeId, replace]);
    return this.#change({ kind: "promoteLearner", nodeId, replace, force }, options);
  }

  async changeMembership(voters: readonly NodeId[], options?: ChangeMembershipOptions): Promise<ClusterState> {
    assertNodeIds(voters);
    const retainRemovedAsLearners = options?.retainRemovedAsLearners ?? false;
    return this.#change({ kind: "changeMembership", voters, retainRemovedAsLearners }, options);
  }

  async removeNode(nodeId: NodeId, options?: CallOptions): Promise<ClusterState> {
    assertNodeId(nodeId);
    return this.#change({ kind: "removeNode", nodeId }, options);
  }

  async transferLeadership(nodeId?: NodeId, options?: CallOptions): Promise<NodeId> {
    if (nodeId !== undefined) assertNodeId(nodeId);
    const leader = await this.#ask("transferLeadership", { kind: "transferLeadership", nodeId }, "once", options);
    this.#driver.learnLeader(leader);
    return leader;
  }

  async currentState(options?: CallOptions): Promise<ClusterState> {
    const state = await this.#ask("currentState", { kind: "currentState" }, "repeatable", options);
    this.#driver.learnState(state);
    return state;
  }

  async getMetrics(options?: CallOptions): Promise<NodeMetrics> {
    return this.#ask("getMetrics", { kind: "getMetrics" }, "repeatable", options);
  }

  async triggerSnapshot(options?: CallOptions): Promise<LogId> {
    return this.#ask("triggerSnapshot", { kind: "triggerSnapshot" }, "once", options);
  }

  async getLeader(options?: CallOptions): Promise<LeaderInfo | undefined> {
    const leader = await this.#ask("getLeader", { kind: "getLeader" }, "repeatable", options);
    this.#driver.learnLeader(leader?.nodeId);
    return leader;
  }

  async #change<Call extends ClusterChange>(request: Call, options: CallOptions | undefined): Promise<ClusterState> {
    const state = await this.#ask(request.kind, request, "once", options);
    this.#driver.learnState(state);
    return state;
  }

  #ask<Kind extends ClusterCall["kind"]>(
    kind: Kind,
    request: RequestByKind[Kind],
    repeatability: Repeatability,
    options: CallOptions | undefined,
  ): Promise<AnswerOfKind<Kind>> {
    return this.#driver.run({ ...options, repeatability }, (call) => this.#driver.ask(call, kind, () => request));
  }
}

/** The calls that answer with the state they led to. */
type ClusterChange = Extract<
  ClusterCall,
  { readonly kind: "init" | "addLearner" | "promoteLearner" | "changeMembership" | "removeNode" }
>;
