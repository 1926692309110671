import {
  assert,
  type LogEntry,
  type LogId,
  type LogIndex,
  type Membership,
  type NodeId,
  type Term,
} from "@aspenjs/api";
import type { Effect } from "../../src/core/effect.ts";
import type { RaftEvent } from "../../src/core/event.ts";
import { majorityOf } from "../../src/core/quorum.ts";
import type { RaftView } from "../../src/core/view.ts";
import { ScenarioCluster, type Envelope, type ScenarioNode } from "../../src/testing/scenario-cluster.ts";
import type { ScenarioDisk } from "../../src/testing/scenario-disk.ts";
import { entryText } from "../../src/testing/scenario-text.ts";

interface CommittedEntry {
  readonly text: string;
  readonly entryTerm: Term;
  /** The term in which it was first seen to be committed. */
  readonly term: Term;
}

/**
 * A scenario cluster that checks, after every step of every node, what no node can check alone: the global halves of
 * R1 (one leader and one vote per term, durable before it is told), R2 (equal id, equal prefix), R3 (what is committed
 * stays and is in every later leader), R4 and R9 (what a leader counts), R6 (no read below what was committed when it
 * began), R10 (what is acknowledged is durable). Disks here keep their promises, so nobody may halt or be called lost.
 */
export class CheckedCluster extends ScenarioCluster {
  readonly #leaders = new Map<Term, NodeId>();
  readonly #votes = new Map<string, NodeId>();
  /** Of every entry ever written, by log id: its text and the term before it. */
  readonly #entries = new Map<string, string>();
  readonly #committed = new Map<LogIndex, CommittedEntry>();
  readonly #views = new Map<NodeId, RaftView>();
  readonly #readFloors = new Map<number, LogIndex>();
  /** Who still waits for an answer, by token. */
  readonly waiting = new Map<number, NodeId>();
  readonly #answered = new Set<number>();
  /** Those that were in force at some time during the present step: a step takes many events. */
  #stepMemberships: (Membership | undefined)[] = [];
  /** A snapshot holds what others committed, by whatever rule. */
  #isSnapshotStep = false;
  committedMax: LogIndex = 0;
  isHaltExpected = false;

  constructor(observe: (nodeId: NodeId, effect: Effect) => void = () => {}) {
    super((nodeId, effect) => {
      observe(nodeId, effect);
      this.#checkEffect(nodeId, effect);
    });
  }

  override step(nodeId: NodeId, ...events: readonly RaftEvent[]): readonly Effect[] {
    const node = this.node(nodeId);
    if (node.core !== undefined) for (const event of events) this.#noteQuestion(nodeId, event);
    this.#stepMemberships = [this.#views.get(nodeId)?.membership.membership, node.core?.view.membership.membership];
    this.#isSnapshotStep = events.some((event) => event.kind === "snapshotInstalled");
    const isIdle = passedTicks(events) < (node.core?.ticksUntilDue ?? 0);
    const peersBefore = node.core?.view.leading?.peers.length;
    const effects = super.step(nodeId, ...events);
    if (isIdle) {
      assert(effects.length === 0, "only a tick that is due does anything (S5)");
      assert(node.core?.view.leading?.peers.length === peersBefore, "only a tick that is due forgets a peer (S5)");
    }
    if (node.core !== undefined) this.#checkNode(node, node.core.view);
    return effects;
  }

  override crash(nodeId: NodeId, stateMachine: "kept" | "unflushed" = "kept"): void {
    super.crash(nodeId, stateMachine);
    this.#views.delete(nodeId);
    for (const [token, asker] of this.waiting) if (asker === nodeId) this.waiting.delete(token);
  }

  /** What a node says, it says on durable ground (R1, R10). */
  protected override noteLaunch({ from, to, message }: Envelope): void {
    const { disk } = this.node(from);
    assert(disk.durableHardState.term >= message.term, `node ${from} speaks in a term that is not durable (R1)`);
    if (message.kind === "voteResponse" && message.isGranted) this.#noteVote(from, message.term, to);
    if (message.kind === "voteRequest") this.#noteVote(from, message.term, from);
    // A disk that has gone on to a later term may have overwritten what was true of this one.
    const isPresent = disk.durableHardState.term === message.term;
    if (isPresent && message.kind === "appendResponse" && message.outcome.kind === "matched") {
      assert(reachesDurably(disk, message.outcome.index), `node ${from} acknowledges what is not durable (R10)`);
    }
  }

  #noteVote(voter: NodeId, term: Term, candidate: NodeId): void {
    const key = `${voter} in ${term}`;
    assert((this.#votes.get(key) ?? candidate) === candidate, `node ${key} votes twice (R1)`);
    const { durableHardState } = this.node(voter).disk;
    assert(durableHardState.term > term || durableHardState.vote === candidate, `vote ${key} is not durable (R1)`);
    this.#votes.set(key, candidate);
  }

  #noteQuestion(nodeId: NodeId, event: RaftEvent): void {
    if (event.kind === "readIndex" && !this.#readFloors.has(event.token)) {
      this.#readFloors.set(event.token, this.committedMax);
      this.waiting.set(event.token, nodeId);
    }
    if (event.kind === "propose") for (const { token } of event.proposals) this.waiting.set(token, nodeId);
    if (event.kind === "changeMembership") this.waiting.set(event.token, nodeId);
  }

  #noteAnswer(token: number): void {
    assert(!this.#answered.has(token), `question ${token} is answered twice`);
    this.#answered.add(token);
    this.waiting.delete(token);
  }

  #checkEffect(nodeId: NodeId, effect: Effect): void {
    switch (effect.kind) {
      case "persist":
        if (effect.operation.kind === "write") this.#noteEntries(nodeId, effect.operation.batch.entries);
        return;
      case "roleChanged":
        if (effect.role === "leader") this.#checkLeader(nodeId, effect.term);
        return;
      case "membershipChanged":
        this.#stepMemberships.push(effect.membership.membership);
        return;
      case "readReady": {
        const floor = this.#readFloors.get(effect.token) ?? 0;
        assert(effect.readIndex >= floor, `read at ${effect.readIndex} began when ${floor} was committed (R6)`);
        this.#noteAnswer(effect.token);
        return;
      }
      case "refused":
      case "proposed":
        this.#noteAnswer(effect.token);
        return;
      case "halt":
      case "peerLostData":
        assert(this.isHaltExpected, `${effect.kind} at node ${nodeId}, though no disk lost anything`);
        return;
      default:
        return;
    }
  }

  /** Equal ids mean equal entries and equal predecessors, and so, by induction, equal prefixes (R2). */
  #noteEntries(nodeId: NodeId, entries: readonly LogEntry[]): void {
    const { disk } = this.node(nodeId);
    for (const [position, entry] of entries.entries()) {
      const before = entries[position - 1] ?? entryAt(disk, entry.index - 1);
      const beforeTerm = before?.term ?? (disk.purged.index === entry.index - 1 ? disk.purged.term : undefined);
      const text = `${entryText(entry)} behind ${beforeTerm ?? "nothing"}`;
      const key = `${entry.index}.${entry.term}`;
      const known = this.#entries.get(key) ?? text;
      assert(known === text, `node ${nodeId} has ${text}, another one ${known} (R2)`);
      this.#entries.set(key, text);
    }
  }

  /** One leader per term (R1), and it holds whatever earlier terms committed (R3). */
  #checkLeader(nodeId: NodeId, term: Term): void {
    assert((this.#leaders.get(term) ?? nodeId) === nodeId, `a second leader in term ${term} (R1)`);
    this.#leaders.set(term, nodeId);
    const { disk } = this.node(nodeId);
    for (const [index, committed] of this.#committed) {
      if (committed.term >= term || index <= disk.purged.index) continue;
      const held = entryAt(disk, index);
      const isHeld = held !== undefined && entryText(held) === committed.text;
      assert(isHeld, `leader ${nodeId} of term ${term} lacks the committed ${committed.text} (R3)`);
    }
  }

  #checkNode(node: ScenarioNode, view: RaftView): void {
    const before = this.#views.get(node.nodeId);
    this.#views.set(node.nodeId, view);
    if (before !== undefined) {
      assert(view.hardState.term >= before.hardState.term, `the term of node ${node.nodeId} decreases (R1)`);
      assert(view.committed >= before.committed, `the commit index of node ${node.nodeId} decreases (R3)`);
    }
    this.#checkLeading(node, view, before);
    const from = Math.max(before?.committed ?? 0, node.disk.purged.index);
    for (let index = from + 1; index <= view.committed; index += 1) this.#checkCommitted(node, view, index);
  }

  /** A leader counts only for entries of its own term (R4), and forgets nothing that was confirmed to it (R9). */
  #checkLeading({ nodeId, disk }: ScenarioNode, view: RaftView, before: RaftView | undefined): void {
    const hasLed = before?.role === "leader" && before.hardState.term === view.hardState.term;
    if (view.role !== "leader" || !hasLed) return;
    // Who was removed and added again starts over.
    const isSameMembers = this.#stepMemberships.length === 2;
    const matches = new Map(view.leading?.peers.map((peer) => [peer.nodeId, peer.matchIndex]));
    for (const peer of before.leading?.peers ?? []) {
      const match = matches.get(peer.nodeId) ?? peer.matchIndex;
      assert(!isSameMembers || match >= peer.matchIndex, `what ${peer.nodeId} confirmed to ${nodeId} decreases (R9)`);
    }
    if (view.committed === before.committed || this.#isSnapshotStep) return;
    const term = entryAt(disk, view.committed)?.term ?? disk.purged.term;
    assert(term === view.hardState.term, `leader ${nodeId} commits an entry of term ${term} by counting (R4)`);
  }

  #checkCommitted({ nodeId, disk }: ScenarioNode, view: RaftView, index: LogIndex): void {
    const entry = entryAt(disk, index);
    assert(entry !== undefined, `node ${nodeId} lacks entry ${index}, which it calls committed (R3)`);
    const known = this.#committed.get(index);
    if (known !== undefined) {
      assert(known.text === entryText(entry), `node ${nodeId} commits ${entryText(entry)} for ${known.text} (R3)`);
      return;
    }
    this.#committed.set(index, { text: entryText(entry), entryTerm: entry.term, term: view.hardState.term });
    this.committedMax = Math.max(this.committedMax, index);
    const logId = { term: entry.term, index };
    const isHeld = this.#stepMemberships.some((membership) => membership && this.#isHeldByQuorum(membership, logId));
    assert(isHeld, `${entryText(entry)} is called committed, but is durable at no quorum (R4)`);
  }

  #isHeldByQuorum({ voters, outgoingVoters }: Membership, logId: LogId): boolean {
    return [voters, outgoingVoters].every((half) => {
      const holding = half.filter((nodeId) => this.nodes.has(nodeId) && holdsDurably(this.node(nodeId).disk, logId));
      return half.length === 0 || holding.length >= majorityOf(half.length);
    });
  }
}

function entryAt(disk: ScenarioDisk, index: LogIndex): LogEntry | undefined {
  return disk.entries[index - disk.purged.index - 1];
}

function reachesDurably(disk: ScenarioDisk, index: LogIndex): boolean {
  const last = disk.durableEntries.at(-1)?.index ?? disk.durablePurged.index;
  return last >= index || disk.flushed.index >= index;
}

function holdsDurably(disk: ScenarioDisk, logId: LogId): boolean {
  if (disk.durablePurged.index >= logId.index || disk.flushed.index >= logId.index) return true;
  return disk.durableEntries[logId.index - disk.durablePurged.index - 1]?.term === logId.term;
}

/** Infinity when something else than time happens as well, or nothing at all. */
function passedTicks(events: readonly RaftEvent[]): number {
  if (events.length === 0) return Number.POSITIVE_INFINITY;
  return events.reduce(
    (sum, event) => sum + (event.kind === "tick" ? event.elapsedTicks : Number.POSITIVE_INFINITY),
    0,
  );
}
