import {
  assert,
  compareKeys,
  limits,
  type CommandResult,
  type KeyValueEntry,
  type KeyValueStateMachine,
  type LogEntry,
  type LogIndex,
  type NodeId,
  type Revision,
  type ScanQuery,
} from "@aspenjs/api";
import { decodeLogCommand, type LogCommand } from "@aspenjs/protocol";
import type { ClusterObserver } from "../cluster/cluster-observer.ts";

/** What one log entry came to, as the first node that applied it saw it. */
export interface AppliedEntry {
  readonly index: LogIndex;
  readonly command: LogCommand | undefined;
  readonly outcome: CommandResult | undefined;
  readonly revisionBefore: Revision;
  readonly revision: Revision;
}

/** What a revision made of a key. */
export interface KeyVersion {
  readonly key: string;
  /** `undefined`: the key was deleted. */
  readonly entry: KeyValueEntry | undefined;
}

interface Version {
  readonly revision: Revision;
  /** `undefined`: the key was deleted. */
  readonly entry: KeyValueEntry | undefined;
}

const EVERYTHING: ScanQuery = {
  range: { kind: "prefix", prefix: "" },
  limit: limits.scanLimitMax,
  reverse: false,
  keysOnly: true,
  after: undefined,
};

/**
 * The one history that the cluster is to agree on: every entry in the order of the log, and every version of every key.
 * Written down by whoever applies an entry first; checks nothing.
 */
export class AppliedHistory implements ClusterObserver {
  readonly name = "applied-history";
  readonly #entries: AppliedEntry[] = [];
  readonly #versions = new Map<string, Version[]>();
  /** By revision. */
  readonly #changes = new Map<Revision, KeyVersion[]>();
  #present: ReadonlySet<string> = new Set();

  get last(): LogIndex {
    return this.#entries.length;
  }

  /** Of the last entry that was written down. */
  get revision(): Revision {
    return this.#entries.at(-1)?.revision ?? 0;
  }

  at(index: LogIndex): AppliedEntry | undefined {
    return this.#entries[index - 1];
  }

  /** What the key was once everything up to this revision had taken effect. */
  versionOf(key: string, revision: Revision): KeyValueEntry | undefined {
    return this.#versions.get(key)?.findLast((version) => version.revision <= revision)?.entry;
  }

  /** In key order; empty when nothing was applied there. */
  changesAt(revision: Revision): readonly KeyVersion[] {
    return this.#changes.get(revision) ?? [];
  }

  /** All keys with this prefix that ever were. */
  keysBehind(prefix: string): readonly string[] {
    return [...this.#versions.keys()].filter((key) => key.startsWith(prefix));
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
    this.#entries.push({
      index: entry.index,
      command,
      outcome: result,
      revisionBefore,
      revision,
    });
    if (command === undefined || revision === revisionBefore) return;
    this.#noteChanges(revision, machine);
  }

  /** Whatever a command changed has this revision now, or is gone. */
  #noteChanges(revision: Revision, machine: KeyValueStateMachine): void {
    const { entries } = machine.scan(EVERYTHING);
    const present = new Set(entries.map(({ key }) => key));
    for (const key of this.#present) if (!present.has(key)) this.#noteVersion(key, { revision, entry: undefined });
    for (const { key, modRevision } of entries) {
      if (modRevision === revision) this.#noteVersion(key, { revision, entry: machine.get(key) });
    }
    this.#present = present;
    this.#changes.get(revision)?.sort((left, right) => compareKeys(left.key, right.key));
  }

  #noteVersion(key: string, version: Version): void {
    const versions = this.#versions.get(key) ?? [];
    versions.push(version);
    this.#versions.set(key, versions);
    const changes = this.#changes.get(version.revision) ?? [];
    changes.push({ key, entry: version.entry });
    this.#changes.set(version.revision, changes);
  }
}

/** For people. */
export function resultText(result: CommandResult | undefined): string {
  return JSON.stringify(result, (_key, value: unknown) => {
    return value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value;
  });
}
