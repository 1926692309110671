import {
  assert,
  HARD_STATE_ZERO,
  LOG_ID_ZERO,
  MEMBERSHIP_EMPTY,
  type HardState,
  type LogEntry,
  type LogId,
  type LogIndex,
  type LogReadOutcome,
  type LogState,
  type StoredMembership,
  type TermRun,
} from "@aspenjs/api";
import type { Effect, LogOperation } from "../core/effect.ts";
import type { RaftStart } from "../core/raft.ts";

interface LogImage {
  readonly hardState: HardState;
  readonly purged: LogId;
  readonly entries: readonly LogEntry[];
  readonly committed: LogIndex;
}

const IMAGE_EMPTY: LogImage = { hardState: HARD_STATE_ZERO, purged: LOG_ID_ZERO, entries: [], committed: 0 };

type Persist = Extract<Effect, { readonly kind: "persist" }>;

/**
 * One node's disk in a scenario: what was handed over, and how much of it is durable. A crash takes away the rest. The
 * state machine is no more than the index it has applied and the membership there.
 */
export class ScenarioDisk {
  #durable: LogImage = IMAGE_EMPTY;
  #written: LogImage = IMAGE_EMPTY;
  readonly #underWay: Persist[] = [];
  applied: LogId = LOG_ID_ZERO;
  appliedMembership: StoredMembership = { logId: LOG_ID_ZERO, membership: MEMBERSHIP_EMPTY };
  snapshot: { readonly lastIncluded: LogId; readonly membership: StoredMembership } | undefined;

  /** Starts with a history instead of nothing. */
  preset(hardState: HardState, entries: readonly LogEntry[], applied: LogIndex): void {
    this.#durable = { ...IMAGE_EMPTY, hardState, entries };
    this.#written = this.#durable;
    this.apply(applied);
  }

  get entries(): readonly LogEntry[] {
    return this.#written.entries;
  }

  get purged(): LogId {
    return this.#written.purged;
  }

  get hasWritesUnderWay(): boolean {
    return this.#underWay.length > 0;
  }

  write(persist: Persist): void {
    this.#written = perform(this.#written, persist.operation);
    this.#underWay.push(persist);
  }

  /** Makes the oldest `count` writes durable. @returns the sequence number of the last of them */
  sync(count: number): number | undefined {
    let sequence: number | undefined;
    for (const persist of this.#underWay.splice(0, count)) {
      this.#durable = perform(this.#durable, persist.operation);
      sequence = persist.sequence;
    }
    return sequence;
  }

  /** Power goes away: only what was synced is left. The state machine keeps what it applied. */
  crash(): void {
    this.#underWay.length = 0;
    this.#written = this.#durable;
  }

  apply(through: LogIndex): void {
    for (const entry of this.#written.entries) {
      if (entry.index <= this.applied.index || entry.index > through) continue;
      this.applied = { term: entry.term, index: entry.index };
      if (entry.payload.kind === "membership") {
        this.appliedMembership = { logId: this.applied, membership: entry.payload.membership };
      }
    }
    assert(this.applied.index === through, "the log holds everything up to the applied index");
  }

  read(from: LogIndex, to: LogIndex, _bytesMax: number): LogReadOutcome {
    if (from <= this.#written.purged.index) return { kind: "purged", purged: this.#written.purged };
    const entries = this.#written.entries.filter((entry) => entry.index >= from && entry.index < to);
    return { kind: "entries", entries };
  }

  /** What a node that starts now finds; the log yields to a state machine that is ahead of it (S6). */
  start(): RaftStart {
    if (lastOf(this.#written).index < this.applied.index) {
      this.#durable = perform(this.#durable, { kind: "reset", to: this.applied });
      this.#written = this.#durable;
    }
    const { hardState, purged, entries, committed } = this.#written;
    const log: LogState = { hardState, purged, last: lastOf(this.#written), committed };
    const memberships: StoredMembership[] = [this.appliedMembership];
    for (const { term, index, payload } of entries) {
      if (index > this.applied.index && payload.kind === "membership") {
        memberships.push({ logId: { term, index }, membership: payload.membership });
      }
    }
    return {
      log,
      termRuns: termRunsOf(entries),
      reader: this,
      applied: this.applied,
      memberships,
      snapshot: this.snapshot?.lastIncluded ?? LOG_ID_ZERO,
    };
  }
}

function perform(image: LogImage, operation: LogOperation): LogImage {
  switch (operation.kind) {
    case "write": {
      const { hardState, truncateFrom, entries, committed } = operation.batch;
      const kept = image.entries.filter((entry) => entry.index < (truncateFrom ?? Number.POSITIVE_INFINITY));
      return {
        hardState: hardState ?? image.hardState,
        purged: image.purged,
        entries: [...kept, ...entries],
        committed: committed ?? image.committed,
      };
    }
    case "purge":
      return {
        ...image,
        purged: operation.through,
        entries: image.entries.filter((entry) => entry.index > operation.through.index),
      };
    case "reset":
      return { ...image, purged: operation.to, entries: [], committed: operation.to.index };
  }
}

function lastOf(image: LogImage): LogId {
  const last = image.entries.at(-1);
  return last === undefined ? image.purged : { term: last.term, index: last.index };
}

function termRunsOf(entries: readonly LogEntry[]): readonly TermRun[] {
  const runs: TermRun[] = [];
  for (const { term, index } of entries) {
    if (runs.at(-1)?.term !== term) runs.push({ term, firstIndex: index });
  }
  return runs;
}
