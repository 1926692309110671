/**
 * What the newest revisions did to the keys: where those that watch keys take up again.
 *
 * Boundary: a function of the log, like the table of sessions, and part of the state: of the checksum and of every
 * snapshot. What is kept, and for how long, is decided by log time and by bytes that are the same on every replica.
 *
 * Invariants
 * H1  Every revision is recorded, in order, when its command has run; the newest one is always kept, and so is all that
 *     lies between the oldest one kept and it.
 * H2  The changes of a revision are what is different after it: each key once, in key order, with what it held before
 *     and holds now. What one command makes and takes away again is no change, though it takes a revision.
 * H3  A command that is refused leaves no trace.
 * H4  Beyond `historyRevisionsMax` revisions, `historyBytesMax` or `historyAgeMsMax` of log time the oldest go first.
 * H5  What the keys of one revision held before is kept whole, or left out when it exceeds `historyPreviousBytesMax`.
 */
import {
  assert,
  utf8ByteLength,
  type ChangePage,
  type KeyChange,
  type Revision,
  type RevisionChanges,
} from "@aspenjs/api";
import { decodeChanges, encodeChanges, type SavedChanges } from "./change-row.ts";
import { stateMachineLimits, type HistoryLimits } from "./limits.ts";
import { RowWriter } from "./row-writer.ts";

export class ChangeHistory {
  readonly #limits: HistoryLimits;
  /** In the order of the revisions, without a gap. */
  readonly #kept = new Map<Revision, SavedChanges>();
  readonly #writer = new RowWriter();
  #lastRevision: Revision;
  #byteLength = 0;

  /** @param lastRevision the state's, to which the saved changes must reach */
  constructor(
    saved: readonly SavedChanges[] = [],
    lastRevision: Revision = 0,
    limits: HistoryLimits = stateMachineLimits,
  ) {
    assert(saved.length > 0 || lastRevision === 0, "H1: the newest revision is always kept");
    this.#limits = limits;
    this.#lastRevision = lastRevision - saved.length;
    for (const changes of saved) this.#add(changes);
  }

  /** The oldest that is kept; the next one to come when there was none yet. */
  get firstRevision(): Revision {
    return this.#lastRevision - this.#kept.size + 1;
  }

  get lastRevision(): Revision {
    return this.#lastRevision;
  }

  /** Of all rows that are kept. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Forgets what is too old by now. Before anything else that a command does. */
  expire(logTimeMs: number): void {
    this.#prune(logTimeMs);
  }

  /** @param changes as `netChanges` gives them */
  record(revision: Revision, logTimeMs: number, changes: readonly KeyChange[]): void {
    const kept = previousBytes(changes) > this.#limits.historyPreviousBytesMax ? changes.map(withoutPrevious) : changes;
    this.#add({ revision, logTimeMs, content: encodeChanges(kept, this.#writer) });
    this.#prune(logTimeMs);
  }

  /** As `KeyValueStateMachine.changesFrom`. @throws DecodeError */
  changesFrom(revision: Revision, bytesMax: number): ChangePage {
    assert(Number.isSafeInteger(revision) && revision >= 0, "a history is asked for from a revision on");
    const { firstRevision } = this;
    if (revision < firstRevision) return { kind: "compacted", firstRevision };
    const revisions: RevisionChanges[] = [];
    let byteLength = 0;
    for (let next = revision; next <= this.#lastRevision; next += 1) {
      const changes = this.at(next);
      byteLength += changes.content.byteLength;
      if (revisions.length > 0 && byteLength > bytesMax) break;
      revisions.push({ revision: next, changes: decodeChanges(changes) });
    }
    return { kind: "changes", revisions };
  }

  /** Of one of the revisions that are kept. */
  at(revision: Revision): SavedChanges {
    const changes = this.#kept.get(revision);
    assert(changes !== undefined, "H1: there is no gap in what is kept");
    return changes;
  }

  /** The oldest first. */
  saved(): readonly SavedChanges[] {
    return [...this.#kept.values()];
  }

  #add(changes: SavedChanges): void {
    assert(changes.revision === this.#lastRevision + 1, "H1: revisions are recorded in order");
    this.#kept.set(changes.revision, changes);
    this.#lastRevision = changes.revision;
    this.#byteLength += changes.content.byteLength;
  }

  #prune(logTimeMs: number): void {
    // By its number: an iterator would pass, each time, over whatever was deleted since the map last grew.
    for (;;) {
      const oldest = this.#kept.get(this.firstRevision);
      const load = { count: this.#kept.size, byteLength: this.#byteLength };
      if (oldest === undefined || !isOverfull(load, oldest, logTimeMs, this.#limits)) return;
      this.#kept.delete(oldest.revision);
      this.#byteLength -= oldest.content.byteLength;
    }
  }
}

/** The state's. */
interface HistoryPosition {
  readonly revision: Revision;
  readonly logTimeMs: number;
}

interface Load {
  readonly count: number;
  readonly byteLength: number;
}

/** H4, and H1: the newest stays. */
function isOverfull({ count, byteLength }: Load, oldest: SavedChanges, logTimeMs: number, max: HistoryLimits): boolean {
  if (count === 1) return false;
  return (
    count > max.historyRevisionsMax ||
    byteLength > max.historyBytesMax ||
    logTimeMs - oldest.logTimeMs > max.historyAgeMsMax
  );
}

/** What is wrong with a history that was stored, or nothing: it is refused where it is read. */
export function changeHistoryProblem(
  saved: readonly SavedChanges[],
  { revision, logTimeMs }: HistoryPosition,
): string | undefined {
  if (saved.length === 0) return revision === 0 ? undefined : `the changes of revision ${revision} are not there`;
  if (saved.length > revision) return `there are changes of ${saved.length} revisions, but only ${revision} revisions`;
  let lastMs = 0;
  for (const [position, changes] of saved.entries()) {
    const expected = revision - saved.length + 1 + position;
    if (changes.revision !== expected) return `the changes of revision ${expected} are not there`;
    if (changes.logTimeMs < lastMs) return `the log time of revision ${expected} goes back`;
    lastMs = changes.logTimeMs;
  }
  return lastMs > logTimeMs ? `the log time of revision ${revision} lies ahead` : undefined;
}

/**
 * H4: those of a stored history that are kept. What goes first does not depend on when it went: a backend may store it
 * for longer.
 */
export function keptChanges(
  saved: readonly SavedChanges[],
  { logTimeMs }: Pick<HistoryPosition, "logTimeMs">,
  limits: HistoryLimits = stateMachineLimits,
): readonly SavedChanges[] {
  let byteLength = saved.reduce((sum, { content }) => sum + content.byteLength, 0);
  const first = saved.findIndex((oldest, position) => {
    if (!isOverfull({ count: saved.length - position, byteLength }, oldest, logTimeMs, limits)) return true;
    byteLength -= oldest.content.byteLength;
    return false;
  });
  return saved.slice(Math.max(0, first));
}

function previousBytes(changes: readonly KeyChange[]): number {
  let byteLength = 0;
  for (const { previous } of changes) {
    if (previous !== undefined) byteLength += utf8ByteLength(previous.key) + previous.value.byteLength;
  }
  return byteLength;
}

function withoutPrevious(change: KeyChange): KeyChange {
  return change.kind === "put" ? { kind: "put", entry: change.entry } : { kind: "delete", key: change.key };
}
