import { assert, type LogEntry, type LogIndex, type NodeId } from "@aspenjs/api";
import type { ClusterObserver } from "../cluster/cluster-observer.ts";
import type { AppliedHistory } from "./applied-history.ts";

/**
 * A write of a session takes effect once, however often it stands in the log: later tries change nothing, and come to
 * what the first came to, or are refused.
 */
export class ExactlyOnce implements ClusterObserver {
  readonly name = "exactly-once";
  readonly #history: AppliedHistory;
  readonly #first = new Map<string, { readonly index: LogIndex; readonly result: string }>();
  #checked: LogIndex = 0;
  /** Writes that stood in the log more than once. */
  retryCount = 0;

  constructor(history: AppliedHistory) {
    this.#history = history;
  }

  onApplied(_nodeId: NodeId, { index }: LogEntry): void {
    if (index <= this.#checked) return;
    this.#checked = index;
    const applied = this.#history.at(index);
    const session = applied?.command?.session;
    if (applied === undefined || session === undefined || applied.command?.action.kind === "closeSession") return;
    const key = `${session.sessionId}.${session.sequence}`;
    const first = this.#first.get(key);
    if (first === undefined) {
      if (isWritten(applied.result)) this.#first.set(key, { index, result: applied.result });
      return;
    }
    this.retryCount += 1;
    assert(applied.revision === applied.revisionBefore, `write ${key} took effect at ${first.index} and at ${index}`);
    assert(
      applied.result === first.result || !isWritten(applied.result),
      `write ${key} came to ${first.result} at ${first.index} and to ${applied.result} at ${index}`,
    );
  }
}

function isWritten(result: string): boolean {
  return result.startsWith('{"kind":"written"');
}
