import {
  assert,
  type CommandResult,
  type KeyValueEntry,
  type KeyValueStateMachine,
  type LogEntry,
  type LogIndex,
  type NodeId,
  type Revision,
  type WriteCommand,
} from "@aspenjs/api";
import { decodeLogCommand, type LogCommand } from "@aspenjs/protocol";
import type { ClusterObserver } from "../cluster/cluster-observer.ts";

/** What one log entry came to, as the first node that applied it saw it. */
export interface AppliedEntry {
  readonly index: LogIndex;
  readonly command: LogCommand | undefined;
  readonly result: string;
  readonly revisionBefore: Revision;
  readonly revision: Revision;
}

interface Version {
  readonly revision: Revision;
  /** `undefined`: the key was deleted. */
  readonly entry: KeyValueEntry | undefined;
}

/**
 * The one history that the cluster is to agree on: every entry in the order of the log, and every version of every key.
 * Written down by whoever applies an entry first; checks nothing.
 */
export class AppliedHistory implements ClusterObserver {
  readonly name = "applied-history";
  readonly #entries: AppliedEntry[] = [];
  readonly #versions = new Map<string, Version[]>();

  get last(): LogIndex {
    return this.#entries.length;
  }

  at(index: LogIndex): AppliedEntry | undefined {
    return this.#entries[index - 1];
  }

  get entries(): readonly AppliedEntry[] {
    return this.#entries;
  }

  /** What the key was once everything up to this revision had taken effect. */
  versionOf(key: string, revision: Revision): KeyValueEntry | undefined {
    return this.#versions.get(key)?.findLast((version) => version.revision <= revision)?.entry;
  }

  /** All that any key ever held. */
  get values(): readonly Uint8Array[] {
    return [...this.#versions.values()].flat().flatMap(({ entry }) => (entry === undefined ? [] : [entry.value]));
  }

  onApplied(_nodeId: NodeId, entry: LogEntry, result: CommandResult | undefined, machine: KeyValueStateMachine): void {
    if (entry.index <= this.last) return;
    assert(entry.index === this.last + 1, `entry ${entry.index} is applied before anybody applied ${this.last + 1}`);
    const command = entry.payload.kind === "command" ? decodeLogCommand(entry.payload.command) : undefined;
    const revisionBefore = this.#entries.at(-1)?.revision ?? 0;
    const { revision } = machine;
    this.#entries.push({ index: entry.index, command, result: resultText(result), revisionBefore, revision });
    if (command === undefined || revision === revisionBefore) return;
    for (const key of keysOf(command.action)) this.#noteVersion(key, { revision, entry: machine.get(key) });
  }

  #noteVersion(key: string, version: Version): void {
    const versions = this.#versions.get(key) ?? [];
    versions.push(version);
    this.#versions.set(key, versions);
  }
}

/** Equal texts are equal results. */
export function resultText(result: CommandResult | undefined): string {
  return JSON.stringify(result, (_key, value: unknown) => {
    return value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value;
  });
}

function keysOf(action: LogCommand["action"]): readonly string[] {
  switch (action.kind) {
    case "openSession":
    case "closeSession":
      return [];
    case "setMulti":
      return action.pairs.map(({ key }) => key);
    case "deleteMulti":
      return action.keys;
    default:
      return [(action satisfies Extract<WriteCommand, { readonly key: string }>).key];
  }
}
