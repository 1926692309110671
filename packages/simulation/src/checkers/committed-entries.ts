import {
  assert,
  type CommandResult,
  type KeyValueStateMachine,
  type LogEntry,
  type LogId,
  type LogIndex,
  type LogWriteBatch,
  type Membership,
  type NodeId,
} from "@aspenjs/api";
import type { ClusterObserver } from "../cluster/cluster-observer.ts";
import { entryDigest, type LogMirror } from "./log-mirror.ts";

interface CommittedEntry extends LogId {
  readonly digest: string;
}

/**
 * What is committed stays: every node applies the same entry at an index, nobody takes it back, and when it is first
 * applied anywhere a quorum holds it durably.
 */
export class CommittedEntries implements ClusterObserver {
  readonly name = "committed-entries";
  readonly #logs: LogMirror;
  readonly #committed = new Map<LogIndex, CommittedEntry>();
  last: LogIndex = 0;

  constructor(logs: LogMirror) {
    this.#logs = logs;
  }

  onApplied(nodeId: NodeId, entry: LogEntry, _result: CommandResult | undefined, _machine: KeyValueStateMachine): void {
    const digest = entryDigest(entry);
    const known = this.#committed.get(entry.index);
    if (known !== undefined) {
      assert(known.digest === digest, `node ${nodeId} applies "${digest}", another node applied "${known.digest}"`);
      return;
    }
    this.#committed.set(entry.index, { term: entry.term, index: entry.index, digest });
    this.last = Math.max(this.last, entry.index);
    this.#assertDurable(entry);
  }

  onLogWrite(nodeId: NodeId, { truncateFrom, entries }: LogWriteBatch): void {
    if (truncateFrom !== undefined) this.#assertKept(nodeId, truncateFrom, entries);
  }

  /** What a batch takes away was never committed, or comes back with it. */
  #assertKept(nodeId: NodeId, truncateFrom: LogIndex, entries: readonly LogEntry[]): void {
    for (let index = truncateFrom; index <= this.last; index += 1) {
      const committed = this.#committed.get(index);
      if (committed === undefined || !this.#logs.durable(nodeId).holds(committed)) continue;
      if (index <= this.#logs.written(nodeId).floor) continue;
      const again = entries.find((entry) => entry.index === index);
      const isKept = again !== undefined && entryDigest(again) === committed.digest;
      assert(isKept, `node ${nodeId} takes the committed entry ${index}.${committed.term} off its log`);
    }
  }

  #assertDurable(entry: LogId): void {
    const memberships = this.#logs.memberships();
    assert(
      memberships.some((membership) => this.#isHeldByQuorum(membership, entry)),
      `entry ${entry.index}.${entry.term} counts as committed, but no quorum holds it durably`,
    );
  }

  #isHeldByQuorum({ voters, outgoingVoters }: Membership, entry: LogId): boolean {
    if (voters.length === 0) return false;
    return [voters, outgoingVoters].every((half) => {
      const holders = half.filter((nodeId) => this.#logs.durable(nodeId).holds(entry));
      return half.length === 0 || holders.length > half.length / 2;
    });
  }
}
