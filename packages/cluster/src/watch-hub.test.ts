import {
  AspenError,
  isWatched,
  type ChangePage,
  type Revision,
  type RevisionChanges,
  type WatchFilter,
} from "@aspenjs/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WatchHub, type ChangeSource, type Watcher } from "./watch-hub.ts";

const KEYS = ["a", "b", "ba", "c"] as const;
const FILTERS: readonly WatchFilter[] = [
  { kind: "key", key: "a" },
  { kind: "prefix", prefix: "b" },
  { kind: "range", start: "b", end: "c" },
  { kind: "prefix", prefix: "" },
];

/** A history whose oldest revisions may go; a page holds at most two revisions. */
class ListedChanges implements ChangeSource {
  readonly all: RevisionChanges[] = [];
  firstRevision: Revision = 1;

  get revision(): Revision {
    return this.all.length;
  }

  append(keys: readonly string[]): void {
    const revision = this.all.length + 1;
    this.all.push({ revision, changes: keys.map((key) => ({ kind: "delete", key })) });
  }

  changesFrom(revision: Revision): ChangePage {
    if (revision < this.firstRevision) return { kind: "compacted", firstRevision: this.firstRevision };
    return { kind: "changes", revisions: this.all.slice(revision - 1, revision + 1) };
  }
}

/** Takes so many batches, then none until it has room again. */
class Listener {
  readonly watcher: Watcher;
  readonly filter: WatchFilter;
  readonly fromRevision: Revision;
  readonly told: Revision[] = [];
  room = 3;
  /** Was told of what it does not watch. */
  isMistaken = false;
  end: AspenError | undefined;

  constructor(hub: WatchHub, filter: WatchFilter, fromRevision: Revision) {
    this.filter = filter;
    this.fromRevision = fromRevision;
    this.watcher = hub.open({
      filter,
      fromRevision,
      take: (revision, changes) => {
        this.isMistaken ||= !changes.every((change) => change.kind === "delete" && isWatched(filter, change.key));
        if (this.room === 0) return false;
        this.room -= 1;
        this.told.push(revision);
        return true;
      },
      end: (error) => {
        this.end = error;
      },
    });
  }
}

function expected(source: ListedChanges, { filter, fromRevision }: Listener): Revision[] {
  const isTold = ({ revision, changes }: RevisionChanges): boolean =>
    revision >= fromRevision && changes.some((change) => change.kind === "delete" && isWatched(filter, change.key));
  return source.all.filter(isTold).map(({ revision }) => revision);
}

const step = fc.oneof(
  fc.record({ kind: fc.constant("write" as const), keys: fc.subarray([...KEYS]) }),
  fc.record({
    kind: fc.constant("open" as const),
    filter: fc.constantFrom(...FILTERS),
    back: fc.integer({ min: -2, max: 6 }),
  }),
  fc.record({ kind: fc.constant("room" as const), who: fc.nat() }),
  fc.record({ kind: fc.constant("close" as const), who: fc.nat() }),
  fc.record({ kind: fc.constant("prune" as const), keep: fc.integer({ min: 1, max: 4 }) }),
);

describe("the hub of watches", () => {
  test("W1: every watcher hears of every revision of its own once and in order, however it comes, stalls and goes", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, prunes) => {
        const source = new ListedChanges();
        const hub = new WatchHub(source);
        const listeners: Listener[] = [];
        for (const done of steps) {
          if (done.kind === "write") {
            source.append(done.keys);
            hub.noteApplied();
          } else if (done.kind === "open") {
            const fromRevision = Math.max(source.firstRevision, source.revision + 1 - done.back);
            listeners.push(new Listener(hub, done.filter, fromRevision));
          } else if (done.kind === "prune") {
            if (prunes) source.firstRevision = Math.max(source.firstRevision, source.revision - done.keep + 1);
          } else {
            const listener = listeners[done.who % Math.max(1, listeners.length)];
            if (listener === undefined) continue;
            if (done.kind === "close") {
              hub.close(listener.watcher);
              listeners.splice(listeners.indexOf(listener), 1);
            } else {
              listener.room = 3;
              hub.catchUp([listener.watcher]);
            }
          }
          for (const listener of listeners) {
            const all = expected(source, listener);
            expect(listener.isMistaken).toBe(false);
            expect(all.slice(0, listener.told.length)).toEqual(listener.told);
            // W3, and the turn in which W2 makes it live: whoever is live has heard of everything.
            if (listener.watcher.state === "live") expect(listener.told).toEqual(all);
          }
        }
        for (const listener of listeners) settle(hub, listener);
        for (const listener of listeners) {
          if (listener.end === undefined) expect(listener.told).toEqual(expected(source, listener));
          else expect(prunes && listener.end.code === "lagged").toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("a watch of what is no longer kept is refused, and names what is", () => {
    const source = new ListedChanges();
    for (let count = 0; count < 5; count += 1) source.append(["a"]);
    source.firstRevision = 4;
    const hub = new WatchHub(source);
    const error = catchError(() => new Listener(hub, FILTERS[0] as WatchFilter, 3));
    expect(AspenError.isCode(error, "compacted") && error.details).toEqual({ firstRevision: 4 });
    expect(() => new Listener(hub, FILTERS[0] as WatchFilter, 4)).not.toThrow();
  });

  test("a watcher that stalls until its place is gone ends with where it was", () => {
    const source = new ListedChanges();
    const hub = new WatchHub(source);
    const listener = new Listener(hub, FILTERS[0] as WatchFilter, 1);
    hub.catchUp([listener.watcher]);
    for (let count = 0; count < 6; count += 1) {
      source.append(["a"]);
      hub.noteApplied();
    }
    expect([listener.told, listener.watcher.state]).toEqual([[1, 2, 3], "behind"]);
    source.firstRevision = 5;
    listener.room = 3;
    hub.catchUp([listener.watcher]);
    expect(listener.end?.code).toBe("lagged");
    expect(listener.end?.details).toEqual({ lastRevision: 3 });
  });

  test("live watchers across the gap of a snapshot end with where they were; those ahead of it go on", () => {
    const source = new ListedChanges();
    const hub = new WatchHub(source);
    source.append(["a"]);
    hub.noteApplied();
    const present = new Listener(hub, FILTERS[3] as WatchFilter, 2);
    const ahead = new Listener(hub, FILTERS[3] as WatchFilter, 6);
    hub.catchUp([present.watcher, ahead.watcher]);
    for (let count = 0; count < 5; count += 1) source.append(["a"]);
    source.firstRevision = 5;
    hub.noteApplied();
    expect(present.end?.details).toEqual({ lastRevision: 1 });
    expect([ahead.end, ahead.told]).toEqual([undefined, [6]]);
  });

  test("system keys are told to nobody", () => {
    const source = new ListedChanges();
    const hub = new WatchHub(source);
    const live = new Listener(hub, FILTERS[3] as WatchFilter, 1);
    hub.catchUp([live.watcher]);
    source.append(["\u0000system", "a"]);
    source.append(["\u0000system"]);
    hub.noteApplied();
    const late = new Listener(hub, FILTERS[3] as WatchFilter, 1);
    hub.catchUp([late.watcher]);
    expect([live.told, late.told]).toEqual([[1], [1]]);
  });
});

/** Until it is live, or over. */
function settle(hub: WatchHub, listener: Listener): void {
  for (let turn = 0; turn < 200 && listener.watcher.state === "behind"; turn += 1) {
    listener.room = 3;
    hub.catchUp([listener.watcher]);
  }
}

function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
