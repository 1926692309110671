import {
  assert,
  type CommandResult,
  type KeyValueStateMachine,
  type LogEntry,
  type LogIndex,
  type NodeId,
  type NodeRole,
  type Term,
} from "@aspenjs/api";
import type { ClusterObserver } from "../cluster/cluster-observer.ts";
import type { LogMirror } from "./log-mirror.ts";

/** Whoever leads a term holds everything that earlier terms committed (Raft, figure 3). */
export class LeaderCompleteness implements ClusterObserver {
  readonly name = "leader-completeness";
  readonly #logs: LogMirror;
  /** The last entry of each term that was applied anywhere: whoever holds it holds what is in front of it. */
  readonly #lastOfTerm = new Map<Term, LogIndex>();

  constructor(logs: LogMirror) {
    this.#logs = logs;
  }

  onApplied(
    _nodeId: NodeId,
    entry: LogEntry,
    _result: CommandResult | undefined,
    _machine: KeyValueStateMachine,
  ): void {
    this.#lastOfTerm.set(entry.term, Math.max(entry.index, this.#lastOfTerm.get(entry.term) ?? 0));
  }

  onRole(nodeId: NodeId, role: NodeRole, term: Term): void {
    if (role !== "leader") return;
    const log = this.#logs.written(nodeId);
    for (const [entryTerm, last] of this.#lastOfTerm) {
      if (entryTerm >= term) continue;
      assert(
        log.holds({ index: last, term: entryTerm }),
        `node ${nodeId} leads in term ${term} without the committed entry ${last}.${entryTerm}`,
      );
    }
  }
}
