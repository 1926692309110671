import { assert, isWatched, type Revision, type WatchBatch } from "@aspenjs/api";
import type { Told, WatchBeginning } from "../workload/watch-program.ts";
import type { AppliedHistory, KeyVersion } from "./applied-history.ts";

/**
 * A watcher hears of every revision that changed a key of its own, each once, whole and in order, from where it began,
 * whatever became of the nodes that told it; and where it began is not behind what had been acknowledged before.
 */
export class WatchOrder {
  readonly name = "watch-order";
  readonly #history: AppliedHistory;
  readonly #knownBefore: (us: number) => Revision;
  #early: Told[] = [];
  /** Batches with changes. */
  toldCount = 0;
  progressCount = 0;
  laggedCount = 0;

  /** @param knownBefore the latest revision that anybody had been told of before this time */
  constructor(history: AppliedHistory, knownBefore: (us: number) => Revision) {
    this.#history = history;
    this.#knownBefore = knownBefore;
  }

  noteBegun({ watcher, fromRevision, askedUs }: WatchBeginning): void {
    const known = this.#knownBefore(askedUs);
    assert(
      fromRevision > known,
      `${watcher} asked at ${askedUs} us for what is new, and begins with ${fromRevision}, after ${known} was known`,
    );
  }

  /**
   * A node may die between applying an entry and saying so here, and tell its watchers in between: what they were told
   * is compared once the entry is written down.
   */
  noteTold(told: Told): void {
    this.#early.push(told);
    this.settle();
  }

  /** What was written down meanwhile is compared. */
  settle(): void {
    const { revision } = this.#history;
    const due = this.#early.filter(({ batch }) => batch.revision <= revision);
    this.#early = this.#early.filter(({ batch }) => batch.revision > revision);
    for (const told of due) this.#check(told);
  }

  /** At the end: nobody was told of what never happened. */
  assertSettled(): void {
    this.settle();
    const [phantom] = this.#early;
    assert(
      phantom === undefined,
      `${phantom?.watcher} was told of revision ${phantom?.batch.revision}, which never was`,
    );
  }

  #check({ watcher, filter, nextRevision, batch }: Told): void {
    const { revision, changes } = batch;
    const isProgress = changes.length === 0;
    assert(
      revision >= (isProgress ? nextRevision - 1 : nextRevision),
      `${watcher} was told of revision ${revision} again, after ${nextRevision - 1}`,
    );
    const end = isProgress ? revision : revision - 1;
    for (let missed = nextRevision; missed <= end; missed += 1) {
      const [change] = this.#history.changesAt(missed).filter(({ key }) => isWatched(filter, key));
      assert(change === undefined, `${watcher} was not told of ${change?.key} at revision ${missed}`);
    }
    if (isProgress) {
      this.progressCount += 1;
      return;
    }
    const happened = this.#history.changesAt(revision).filter(({ key }) => isWatched(filter, key));
    this.#compare(watcher, batch, happened);
  }

  noteLagged(): void {
    this.laggedCount += 1;
  }

  #compare(watcher: string, { revision, changes }: WatchBatch, happened: readonly KeyVersion[]): void {
    this.toldCount += 1;
    const expected = happened.map(({ key, entry }) => textOf(key, entry, this.#history.versionOf(key, revision - 1)));
    const actual = changes.map((change) => {
      const [key, entry] = change.kind === "put" ? [change.entry.key, change.entry] : [change.key, undefined];
      return textOf(key, entry, change.previous);
    });
    assert(
      actual.join("; ") === expected.join("; "),
      `${watcher} was told of revision ${revision}: ${actual.join("; ")}, and what happened is ${expected.join("; ")}`,
    );
  }
}

function textOf(key: string, entry: KeyVersion["entry"], previous: KeyVersion["entry"]): string {
  return `${key} ${entryText(entry)} from ${entryText(previous)}`;
}

function entryText(entry: KeyVersion["entry"]): string {
  if (entry === undefined) return "nothing";
  const { value, createRevision, modRevision, version, leaseId = 0 } = entry;
  return `${Buffer.from(value).toString("latin1")}@${createRevision}/${modRevision}/${version}/${leaseId}`;
}
