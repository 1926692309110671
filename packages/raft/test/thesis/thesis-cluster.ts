import { assert, type LogEntry, type LogId, type Membership, type NodeId, type Term } from "@aspenjs/api";
import type { RaftConfig } from "../../src/core/config.ts";
import type { Effect } from "../../src/core/effect.ts";
import type { Message, MessageKind } from "../../src/core/message.ts";
import type { LeaderView, RaftView } from "../../src/core/view.ts";
import { nodeRecord } from "../../src/testing/scenario-cluster.ts";
import { CheckedCluster } from "../random/checked-cluster.ts";

type MessageOf<Kind extends MessageKind> = Extract<Message, { readonly kind: Kind }>;
type EffectOf<Kind extends Effect["kind"]> = Extract<Effect, { readonly kind: Kind }>;

export function membershipOf(voters: readonly NodeId[], learners: readonly NodeId[] = []): Membership {
  const nodes = [...voters, ...learners].sort((left, right) => left - right).map(nodeRecord);
  return { voters, outgoingVoters: [], learners, nodes };
}

/** Nodes 1, 2, 3 … that move when a test says so. Every step is checked for what holds between nodes. */
export class ThesisCluster extends CheckedCluster {
  readonly effects: { readonly nodeId: NodeId; readonly effect: Effect }[];

  private constructor(effects: { nodeId: NodeId; effect: Effect }[]) {
    super((nodeId, effect) => effects.push({ nodeId, effect }));
    this.effects = effects;
  }

  /** Voters with an empty history but their first membership. */
  static of(count: number, overrides: Partial<RaftConfig> = {}): ThesisCluster {
    const logs = Array.from({ length: count }, () => []);
    return ThesisCluster.withLogs(logs, overrides);
  }

  /** Voters whose logs hold entries of these terms, from index 2 on. */
  static withLogs(logs: readonly (readonly Term[])[], overrides: Partial<RaftConfig> = {}): ThesisCluster {
    const cluster = new ThesisCluster([]);
    const membership = membershipOf(logs.map((_, position) => position + 1));
    for (const [position, terms] of logs.entries()) {
      const nodeId = position + 1;
      cluster.addNode(nodeId, overrides);
      cluster.preset(nodeId, terms.at(-1) ?? 0, undefined, terms, membership);
      cluster.start(nodeId);
    }
    return cluster;
  }

  /** A node that knows nothing. */
  addEmpty(nodeId: NodeId, overrides: Partial<RaftConfig> = {}): void {
    this.addNode(nodeId, overrides);
    this.start(nodeId);
  }

  view(nodeId: NodeId): RaftView {
    const view = this.node(nodeId).core?.view;
    assert(view !== undefined, `node ${nodeId} runs`);
    return view;
  }

  leading(nodeId: NodeId): LeaderView {
    const { leading } = this.view(nodeId);
    assert(leading !== undefined, `node ${nodeId} leads`);
    return leading;
  }

  matchOf(leader: NodeId, follower: NodeId): number | undefined {
    return this.leading(leader).peers.find((peer) => peer.nodeId === follower)?.matchIndex;
  }

  /** The terms of a log, from the first entry that is left. */
  terms(nodeId: NodeId): readonly Term[] {
    return this.node(nodeId).disk.entries.map((entry) => entry.term);
  }

  entry(nodeId: NodeId, index: number): LogEntry | undefined {
    return this.node(nodeId).disk.entries.find((entry) => entry.index === index);
  }

  tick(nodeId: NodeId, ticks = 1): void {
    for (let count = 0; count < ticks; count += 1) this.step(nodeId, { kind: "tick", elapsedTicks: 1 });
  }

  /** Time passes on these nodes, and everything moves meanwhile. */
  run(ticks: number, nodeIds: readonly NodeId[] = [...this.nodes.keys()]): void {
    for (let count = 0; count < ticks; count += 1) {
      for (const nodeId of nodeIds) this.tick(nodeId);
      this.settle();
    }
  }

  elect(nodeId: NodeId): void {
    this.step(nodeId, { kind: "campaign" });
    this.settle();
    assert(this.view(nodeId).role === "leader", `node ${nodeId} is elected`);
  }

  receive(to: NodeId, from: NodeId, message: Message): readonly Effect[] {
    return this.step(to, { kind: "receive", from, message });
  }

  propose(nodeId: NodeId, ...commands: readonly string[]): readonly (LogId | undefined)[] {
    const proposals = commands.map((command) => ({
      token: this.nextToken(),
      payload: { kind: "command", command: new TextEncoder().encode(command) } as const,
    }));
    const effects = this.step(nodeId, { kind: "propose", proposals });
    return effects.filter((effect) => effect.kind === "proposed").map(({ logId }) => logId);
  }

  read(nodeId: NodeId, mode: "quorum" | "lease" = "quorum"): number {
    const token = this.nextToken();
    this.step(nodeId, { kind: "readIndex", token, mode });
    return token;
  }

  change(nodeId: NodeId, voters: readonly NodeId[], learners: readonly NodeId[] = []): number {
    const token = this.nextToken();
    this.step(nodeId, { kind: "changeMembership", token, target: membershipOf(voters, learners) });
    return token;
  }

  transfer(nodeId: NodeId, target?: NodeId): number {
    const token = this.nextToken();
    this.step(nodeId, { kind: "transferLeadership", token, target });
    return token;
  }

  isolate(...nodeIds: readonly NodeId[]): void {
    for (const nodeId of nodeIds) {
      for (const other of this.nodes.keys()) {
        this.cut(nodeId, other);
        this.cut(other, nodeId);
      }
    }
  }

  /** How a question ended so far: `ready at 5`, a reason of refusal, `proposed`, or that it waits. */
  answer(token: number): string {
    for (const { effect } of this.effects) {
      if (!("token" in effect) || effect.token !== token) continue;
      if (effect.kind === "readReady") return `ready at ${effect.readIndex}`;
      if (effect.kind === "refused") return effect.reason;
      if (effect.kind === "proposed") return "proposed";
    }
    return "waits";
  }

  flying<Kind extends MessageKind>(kind: Kind, from?: NodeId, to?: NodeId): readonly MessageOf<Kind>[] {
    return this.flight
      .filter((envelope) => (from ?? envelope.from) === envelope.from && (to ?? envelope.to) === envelope.to)
      .map((envelope) => envelope.message)
      .filter((message): message is MessageOf<Kind> => message.kind === kind);
  }

  effectsOf<Kind extends Effect["kind"]>(nodeId: NodeId, kind: Kind): readonly EffectOf<Kind>[] {
    return this.effects
      .filter((observed) => observed.nodeId === nodeId)
      .map((observed) => observed.effect)
      .filter((effect): effect is EffectOf<Kind> => effect.kind === kind);
  }

  /** Delivers between two nodes, or from one to all, or everything of a kind. */
  pass(kind: MessageKind, from?: NodeId, to?: NodeId): number {
    return this.deliver(
      (envelope) =>
        envelope.message.kind === kind &&
        (from ?? envelope.from) === envelope.from &&
        (to ?? envelope.to) === envelope.to,
    );
  }

  drop(): void {
    this.take(() => true);
  }
}
