import {
  assert,
  type LogEntry,
  type LogId,
  type LogIndex,
  type LogWriteBatch,
  type Membership,
  type NodeId,
  type StoredMembership,
  type Term,
} from "@aspenjs/api";
import type { ClusterObserver, NodeStart } from "../cluster/cluster-observer.ts";

/** One node's log as it was written: ids alone. Everything up to `floor` stands for itself: a snapshot covers it. */
export class MirroredLog {
  readonly #terms = new Map<LogIndex, Term>();
  floor: LogIndex = 0;
  last: LogIndex = 0;

  /** Whether this entry is in there, or behind a snapshot of what was committed. */
  holds({ index, term }: LogId): boolean {
    return index <= this.floor || (index <= this.last && this.#terms.get(index) === term);
  }

  write({ truncateFrom, entries }: LogWriteBatch): void {
    if (truncateFrom !== undefined) this.last = Math.min(this.last, truncateFrom - 1);
    for (const { index, term } of entries) {
      this.#terms.set(index, term);
      this.last = index;
    }
  }

  reset(to: LogId): void {
    this.#terms.clear();
    this.floor = to.index;
    this.last = to.index;
  }

  restore(start: NodeStart): void {
    this.#terms.clear();
    this.floor = Math.max(start.purged.index, start.applied.index);
    this.last = start.last.index;
    for (const { index, term } of start.entries) this.#terms.set(index, term);
  }
}

interface MirroredNode {
  /** Handed to the log store. */
  readonly written: MirroredLog;
  /** What would be there after a power cut, or more. */
  readonly durable: MirroredLog;
  /** The memberships that counted for this node last, the newest first. */
  memberships: readonly StoredMembership[];
}

/** Follows the logs of all nodes, for the checkers that need to look at several of them at once. Checks nothing. */
export class LogMirror implements ClusterObserver {
  readonly name = "log-mirror";
  readonly #nodes = new Map<NodeId, MirroredNode>();
  /** Where the latest membership stands that was applied anywhere. */
  #committed: LogIndex = 0;

  written(nodeId: NodeId): MirroredLog {
    return this.#node(nodeId).written;
  }

  durable(nodeId: NodeId): MirroredLog {
    return this.#node(nodeId).durable;
  }

  /**
   * Every membership that counts for somebody, or did a moment ago. Not what a node knows that has left: a later one was
   * committed since, and whoever commits anything now has that one or one after it.
   */
  memberships(): readonly Membership[] {
    const known = [...this.#nodes.values()].flatMap(({ memberships }) => memberships);
    return known.filter(({ logId }) => logId.index >= this.#committed).map(({ membership }) => membership);
  }

  onStarted(nodeId: NodeId, start: NodeStart): void {
    const node = this.#node(nodeId);
    node.written.restore(start);
    node.durable.restore(start);
  }

  onLogWrite(nodeId: NodeId, batch: LogWriteBatch): void {
    this.#node(nodeId).written.write(batch);
  }

  onLogDurable(nodeId: NodeId, batch: LogWriteBatch): void {
    this.#node(nodeId).durable.write(batch);
  }

  onLogReset(nodeId: NodeId, to: LogId): void {
    const node = this.#node(nodeId);
    node.written.reset(to);
    node.durable.reset(to);
  }

  onApplied(_nodeId: NodeId, { index, payload }: LogEntry): void {
    if (payload.kind === "membership") this.#committed = Math.max(this.#committed, index);
  }

  /** Nobody asks it any more. */
  onLost(nodeId: NodeId): void {
    this.#node(nodeId).memberships = [];
  }

  onMembership(nodeId: NodeId, stored: StoredMembership): void {
    const node = this.#node(nodeId);
    node.memberships = [stored, ...node.memberships.slice(0, 1)];
  }

  #node(nodeId: NodeId): MirroredNode {
    const known = this.#nodes.get(nodeId);
    if (known !== undefined) return known;
    const node: MirroredNode = { written: new MirroredLog(), durable: new MirroredLog(), memberships: [] };
    this.#nodes.set(nodeId, node);
    return node;
  }
}

/** A text that two entries share only if they are the same entry. */
export function entryDigest({ term, index, payload }: LogEntry): string {
  assert(index > 0, "entries count from one");
  switch (payload.kind) {
    case "blank":
      return `${index}.${term} blank`;
    case "command":
      return `${index}.${term} ${latin1Text(payload.command)}`;
    case "membership":
      return `${index}.${term} ${JSON.stringify(payload.membership)}`;
  }
}

function latin1Text({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("latin1");
}
