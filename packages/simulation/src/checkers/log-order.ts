import { isDeepStrictEqual } from "node:util";
import { assert, type LogEntry, type LogIndex, type LogRecord, type NodeId } from "@aspenjs/api";
import { decodeLogCommand } from "@aspenjs/protocol";
import type { ClusterObserver } from "../cluster/cluster-observer.ts";
import type { LogTold } from "../workload/log-program.ts";

/**
 * Whoever follows the log is told every entry that was committed, each once and in order, as it was applied, whatever
 * became of the nodes that told it.
 */
export class LogOrder implements ClusterObserver {
  readonly name = "log-order";
  /** As they were applied first; read only when somebody is told of them. */
  readonly #committed = new Map<LogIndex, LogEntry>();
  #early: LogTold[] = [];
  toldCount = 0;
  laggedCount = 0;

  onApplied(_nodeId: NodeId, entry: LogEntry): void {
    if (!this.#committed.has(entry.index)) this.#committed.set(entry.index, entry);
  }

  /** A node may tell of an entry and die before it says here that it has applied it. */
  noteTold(told: LogTold): void {
    const { follower, nextIndex, records, throughIndex } = told;
    const indices = records.map(({ index }) => index);
    assert(
      indices.every((index, position) => index === nextIndex + position),
      `${follower} was told of ${indices.join(" ")}, where ${nextIndex} came next`,
    );
    const end = nextIndex + records.length - 1;
    assert(throughIndex === end, `${follower} was told everything up to ${throughIndex}, and has it up to ${end}`);
    this.#early.push(told);
    this.settle();
  }

  noteLagged(): void {
    this.laggedCount += 1;
  }

  settle(): void {
    const due = this.#early;
    this.#early = due.filter((told) => !this.#check(told));
  }

  /** At the end: nobody was told of what was never applied. */
  assertSettled(): void {
    this.settle();
    const [phantom] = this.#early;
    assert(phantom === undefined, `${phantom?.follower} was told up to ${phantom?.throughIndex}, which never was`);
  }

  /** @returns whether all of it could be compared */
  #check({ follower, records }: LogTold): boolean {
    if (!records.every(({ index }) => this.#committed.has(index))) return false;
    for (const record of records) {
      const entry = this.#committed.get(record.index);
      const isSame = entry !== undefined && isDeepStrictEqual(record, expectedOf(entry));
      assert(isSame, `${follower} was told something else of entry ${record.index}.${record.term} than was applied`);
    }
    this.toldCount += records.length;
    return true;
  }
}

function expectedOf({ index, term, payload }: LogEntry): LogRecord {
  if (payload.kind !== "command") return { index, term, ...payload };
  const { logTimeMs, session, action } = decodeLogCommand(payload.command);
  const head = { index, term, kind: "command", logTimeMs, action, isPartial: false } as const;
  if (session === undefined) return head;
  return { ...head, write: { sessionId: session.sessionId, sequence: session.sequence } };
}
