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
  type NodeRole,
  type Term,
} from "@aspenjs/api";
import type { ClusterObserver } from "../cluster/cluster-observer.ts";
import { entryDigest, type LogMirror } from "./log-mirror.ts";

interface CommittedEntry extends LogId {
  readonly digest: string;
}

/**
 * What is committed stays: every node applies the same entry at an index, nobody overwrites it, whoever leads later
 * holds it (leader completeness), and when it is first applied anywhere a quorum holds it durably.
 */
export class CommittedEntries implements ClusterObserver {
  readonly name = "committed-entries";
  readonly #logs: LogMirror;
  readonly #committed = new Map<LogIndex, CommittedEntry>();
  /** Highest committed index by the term of the entry: whoever leads a later term holds everything up to it. */
  readonly #lastOfTerm = new Map<Term, LogIndex>();
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
    this.#lastOfTerm.set(entry.term, entry.index);
    this.last = Math.max(this.last, entry.index);
    this.#assertDurable(entry);
  }

  onLogWrite(nodeId: NodeId, { truncateFrom, entries }: LogWriteBatch): void {
    if (truncateFrom !== undefined) this.#assertKept(nodeId, truncateFrom, entries);
  }

  onRole(nodeId: NodeId, role: NodeRole, term: Term): void {
    if (role !== "leader") return;
    const log = this.#logs.written(nodeId);
    for (const [entryTerm, last] of this.#lastOfTerm) {
      if (entryTerm >= term) continue;
      assert(
        last <= log.floor || log.holds({ index: last, term: entryTerm }),
        `node ${nodeId} leads in term ${term} without the committed entry ${last}.${entryTerm}`,
      );
    }
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
