import {
  assert,
  HARD_STATE_ZERO,
  isSameLogId,
  LOG_ID_ZERO,
  MEMBERSHIP_EMPTY,
  type HardState,
  type LogEntry,
  type LogId,
  type LogIndex,
  type LogReadOutcome,
  type LogState,
  type LogWriteBatch,
  type StoredMembership,
  type TermRun,
} from "@aspenjs/api";
import type { Effect, LogOperation } from "../core/effect.ts";
import { entryByteLength } from "../core/raft-log.ts";
import type { RaftStart } from "../core/raft.ts";

interface LogImage {
  readonly hardState: HardState;
  readonly purged: LogId;
  readonly entries: readonly LogEntry[];
  readonly committed: LogIndex;
}

/** What a state machine knows of itself: the index it has applied, and the membership there. */
interface AppliedImage {
  readonly logId: LogId;
  readonly membership: StoredMembership;
}

export interface ScenarioSnapshot {
  readonly lastIncluded: LogId;
  readonly membership: StoredMembership;
}

type Persist = Extract<Effect, { readonly kind: "persist" }>;

const IMAGE_EMPTY: LogImage = { hardState: HARD_STATE_ZERO, purged: LOG_ID_ZERO, entries: [], committed: 0 };
const APPLIED_EMPTY: AppliedImage = {
  logId: LOG_ID_ZERO,
  membership: { logId: LOG_ID_ZERO, membership: MEMBERSHIP_EMPTY },
};

/**
 * One node's disk in a scenario: what was handed over, and how much of it is durable. A crash takes away the rest. It
 * refuses what a log store must refuse. The state machine is no more than the index it has applied and the membership
 * there.
 */
export class ScenarioDisk {
  #durable: LogImage = IMAGE_EMPTY;
  #written: LogImage = IMAGE_EMPTY;
  readonly #underWay: Persist[] = [];
  #applied: AppliedImage = APPLIED_EMPTY;
  #flushed: AppliedImage = APPLIED_EMPTY;
  /** Reads fail from now on. */
  isUnreadable = false;

  /** Starts with a history instead of nothing. */
  preset(hardState: HardState, entries: readonly LogEntry[], applied: LogIndex): void {
    this.#durable = { ...IMAGE_EMPTY, hardState, entries };
    this.#written = this.#durable;
    this.apply(applied);
    this.flush();
  }

  get entries(): readonly LogEntry[] {
    return this.#written.entries;
  }

  get purged(): LogId {
    return this.#written.purged;
  }

  get applied(): LogId {
    return this.#applied.logId;
  }

  get appliedMembership(): StoredMembership {
    return this.#applied.membership;
  }

  get flushed(): LogId {
    return this.#flushed.logId;
  }

  /** What a crash leaves: for checks of what was promised. */
  get durableHardState(): HardState {
    return this.#durable.hardState;
  }

  get durableEntries(): readonly LogEntry[] {
    return this.#durable.entries;
  }

  get durablePurged(): LogId {
    return this.#durable.purged;
  }

  get writesUnderWay(): number {
    return this.#underWay.length;
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

  /** Power goes away: of the log only what was synced is left, of the state machine what was flushed, or everything. */
  crash(stateMachine: "kept" | "unflushed"): void {
    this.#underWay.length = 0;
    this.#written = this.#durable;
    if (stateMachine === "unflushed") this.#applied = this.#flushed;
  }

  /** The state machine makes durable what it applied. */
  flush(): void {
    this.#flushed = this.#applied;
  }

  /** What a snapshot of the state machine would cover now. */
  takeSnapshot(): ScenarioSnapshot {
    return { lastIncluded: this.applied, membership: this.appliedMembership };
  }

  /** Someone's snapshot takes the place of the state machine's state, durably. */
  installSnapshot(snapshot: ScenarioSnapshot): void {
    this.#applied = { logId: snapshot.lastIncluded, membership: snapshot.membership };
    this.flush();
  }

  apply(through: LogIndex): void {
    for (const entry of this.#written.entries) {
      if (entry.index <= this.applied.index || entry.index > through) continue;
      const logId = { term: entry.term, index: entry.index };
      const isMembership = entry.payload.kind === "membership";
      this.#applied = {
        logId,
        membership: isMembership ? { logId, membership: entry.payload.membership } : this.#applied.membership,
      };
    }
    assert(this.applied.index === through, "the log holds everything up to the applied index");
  }

  read(from: LogIndex, to: LogIndex, bytesMax: number): LogReadOutcome {
    if (this.isUnreadable) return { kind: "fault", fault: { code: "io_failed", message: "the disk cannot be read" } };
    if (from <= this.#written.purged.index) return { kind: "purged", purged: this.#written.purged };
    assert(from <= to && to <= lastOf(this.#written).index + 1, "a range lies within the log");
    const start = from - this.#written.purged.index - 1;
    const entries: LogEntry[] = [];
    let byteLength = 0;
    for (const entry of this.#written.entries.slice(start, start + to - from)) {
      byteLength += entryByteLength(entry);
      if (byteLength > bytesMax && entries.length > 0) break;
      entries.push(entry);
    }
    return { kind: "entries", entries };
  }

  /** What a node that starts now finds; a log behind its state machine, or against it, yields to it (S6). */
  start(): RaftStart {
    assert(this.applied.index >= this.#durable.purged.index, "the state machine reaches the purge point (S6)");
    if (!holds(this.#durable, this.applied)) {
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
    };
  }
}

function perform(image: LogImage, operation: LogOperation): LogImage {
  switch (operation.kind) {
    case "write":
      return write(image, operation.batch);
    case "purge": {
      const { through } = operation;
      assert(holds(image, through), "a purge names an entry of the log");
      return {
        ...image,
        purged: through,
        entries: image.entries.filter((entry) => entry.index > through.index),
        committed: Math.max(image.committed, through.index),
      };
    }
    case "reset":
      assert(operation.to.index >= image.committed, "a reset keeps what is committed");
      return { ...image, purged: operation.to, entries: [], committed: operation.to.index };
  }
}

function write(image: LogImage, { hardState, truncateFrom, entries, committed }: LogWriteBatch): LogImage {
  const last = lastOf(image);
  if (hardState !== undefined) {
    const before = image.hardState;
    assert(hardState.term >= before.term, "terms on disk never decrease");
    const isVoteKept = hardState.term > before.term || before.vote === undefined || before.vote === hardState.vote;
    assert(isVoteKept, "one vote per term on disk");
  }
  if (truncateFrom !== undefined) assert(truncateFrom > image.committed, "what is committed stays on disk");
  const kept = image.entries.filter((entry) => entry.index < (truncateFrom ?? Number.POSITIVE_INFINITY));
  const next = Math.min(last.index, (truncateFrom ?? Number.POSITIVE_INFINITY) - 1) + 1;
  for (const [position, entry] of entries.entries()) {
    assert(entry.index === next + position, "entries on disk are contiguous");
  }
  if (committed !== undefined) {
    assert(committed >= image.committed, "the commit index on disk never decreases");
    assert(committed < next + entries.length, "the commit index on disk lies within the log");
  }
  return {
    hardState: hardState ?? image.hardState,
    purged: image.purged,
    entries: [...kept, ...entries],
    committed: committed ?? image.committed,
  };
}

function holds(image: LogImage, logId: LogId): boolean {
  if (isSameLogId(image.purged, logId)) return true;
  const entry = image.entries[logId.index - image.purged.index - 1];
  return entry !== undefined && isSameLogId(entry, logId);
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
