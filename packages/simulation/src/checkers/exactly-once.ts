import { isDeepStrictEqual } from "node:util";
import { assert, type CommandResult, type LogEntry, type LogIndex, type NodeId } from "@aspenjs/api";
import type { ClusterObserver } from "../cluster/cluster-observer.ts";
import { resultText, type AppliedHistory } from "./applied-history.ts";

/**
 * A write of a session takes effect once, however often it stands in the log: later tries change nothing, and come to
 * what the first came to, or are refused.
 */
export class ExactlyOnce implements ClusterObserver {
  readonly name = "exactly-once";
  readonly #history: AppliedHistory;
  readonly #first = new Map<string, { readonly index: LogIndex; readonly outcome: CommandResult }>();
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
      if (applied.outcome?.kind === "written") this.#first.set(key, { index, outcome: applied.outcome });
      return;
    }
    this.retryCount += 1;
    assert(applied.revision === applied.revisionBefore, `write ${key} took effect at ${first.index} and at ${index}`);
    if (applied.outcome?.kind !== "written" || isDeepStrictEqual(applied.outcome, first.outcome)) return;
    const [then, now] = [resultText(first.outcome), resultText(applied.outcome)];
    assert(false, `write ${key} came to ${then} at ${first.index} and to ${now} at ${index}`);
  }
}
