import { assert, type LogEntry, type LogId, type LogWriteBatch, type NodeId } from "@aspenjs/api";
import type { ClusterObserver } from "../cluster/cluster-observer.ts";
import { entryDigest } from "./log-mirror.ts";

/**
 * Two logs that hold an entry with one index and term are equal up to it (Raft, figure 3): the entry is the same, and
 * so is the id of the one before, and so on down.
 */
export class LogMatching implements ClusterObserver {
  readonly name = "log-matching";
  readonly #known = new Map<string, string>();

  onLogWrite(nodeId: NodeId, { entries }: LogWriteBatch, previous: LogId): void {
    let before = previous;
    for (const entry of entries) {
      this.#compare(nodeId, entry, before);
      before = entry;
    }
  }

  #compare(nodeId: NodeId, entry: LogEntry, before: LogId): void {
    assert(entry.index === before.index + 1, `node ${nodeId} writes entry ${entry.index} behind ${before.index}`);
    const key = `${entry.index}.${entry.term}`;
    const text = `${entryDigest(entry)} behind term ${before.term}`;
    const known = this.#known.get(key) ?? text;
    assert(known === text, `node ${nodeId} writes "${text}", another node wrote "${known}"`);
    this.#known.set(key, text);
  }
}
