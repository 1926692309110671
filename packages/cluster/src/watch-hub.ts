/**
 * One source of changes, many watchers: whatever is applied is looked at once, and told to whoever watches it.
 *
 * Invariants
 * W1  A watcher hears of the revisions from its first one on in order, each once and whole, or of its end.
 * W2  A watcher is live or behind. Those that are live have been offered everything up to `told`; one that is behind
 *     reads the history from its next revision on, and becomes live in the turn in which it has reached its end. There
 *     is no moment in between at which a change could pass it by.
 * W3  A watcher that takes no more falls behind, and costs nothing until it takes again.
 */
import {
  AspenError,
  assert,
  isWatched,
  type ChangePage,
  type KeyChange,
  type Revision,
  type RevisionChanges,
  type WatchFilter,
} from "@aspenjs/api";
import { limits } from "./limits.ts";
import { WatchIndex } from "./watch-index.ts";

/** Where changes come from: the state machine. */
export interface ChangeSource {
  readonly revision: Revision;
  readonly firstRevision: Revision;
  changesFrom(revision: Revision, bytesMax: number): ChangePage;
}

export interface WatcherInit {
  readonly filter: WatchFilter;
  readonly fromRevision: Revision;
  /** @returns whether they are taken; if not, `hub.catchUp` offers them again */
  readonly take: (revision: Revision, changes: readonly KeyChange[]) => boolean;
  /** Nothing more comes. */
  readonly end: (error: AspenError) => void;
}

export interface Watcher {
  readonly init: WatcherInit;
  /** Behind everything that it was told. */
  nextRevision: Revision;
  state: "live" | "behind" | "ended";
}

export class WatchHub {
  readonly #source: ChangeSource;
  readonly #live = new WatchIndex<Watcher>();
  #told: Revision;

  constructor(source: ChangeSource) {
    this.#source = source;
    this.#told = source.revision;
  }

  /** Everything up to here has been offered to those who are live. */
  get told(): Revision {
    return this.#told;
  }

  /** The watcher is behind at first: `catchUp` makes it live. @throws AspenError `compacted` */
  open(init: WatcherInit): Watcher {
    const { firstRevision } = this.#source;
    if (init.fromRevision < firstRevision) {
      throw new AspenError("compacted", `changes are kept from revision ${firstRevision} on`, {
        details: { firstRevision },
      });
    }
    return { init, nextRevision: init.fromRevision, state: "behind" };
  }

  close(watcher: Watcher): void {
    if (watcher.state === "live") this.#live.remove(watcher.init.filter, watcher);
    watcher.state = "ended";
  }

  /** Something was applied, or a snapshot was installed. */
  noteApplied(): void {
    while (this.#told < this.#source.revision) {
      if (this.#live.size === 0) {
        this.#told = this.#source.revision;
        return;
      }
      const page = this.#source.changesFrom(this.#told + 1, limits.watchPageBytes);
      if (page.kind === "compacted") return this.#skipTo(page.firstRevision - 1);
      assert(page.revisions.length > 0, "what was applied is in the history");
      for (const revision of page.revisions) this.#tell(revision);
    }
  }

  /** One page of history for watchers that are behind and take again. @returns whether there is more to read */
  catchUp(watchers: Iterable<Watcher>): "more" | "done" {
    this.noteApplied();
    const behind = [...watchers].filter((watcher) => watcher.state === "behind");
    for (const watcher of behind) if (watcher.nextRevision < this.#source.firstRevision) this.#endLagged(watcher);
    const waiting = behind.filter((watcher) => watcher.state === "behind");
    const first = Math.min(...waiting.map((watcher) => watcher.nextRevision));
    if (first > this.#told) return this.#goLive(waiting);
    const page = this.#source.changesFrom(first, limits.watchPageBytes);
    assert(page.kind === "changes", "W2: nothing is removed from the history in between");
    for (const revision of page.revisions) {
      if (!waiting.every((watcher) => offer(watcher, revision))) return "done";
    }
    return (page.revisions.at(-1)?.revision ?? this.#told) < this.#told ? "more" : this.#goLive(waiting);
  }

  #goLive(watchers: readonly Watcher[]): "done" {
    for (const watcher of watchers) {
      if (watcher.state !== "behind") continue;
      watcher.state = "live";
      this.#live.add(watcher.init.filter, watcher);
    }
    return "done";
  }

  #tell({ revision, changes }: RevisionChanges): void {
    const matches = new Map<Watcher, KeyChange[]>();
    for (const change of changes) {
      const key = keyOf(change);
      if (isSystemKey(key)) continue;
      this.#live.forEachMatch(key, (watcher) => {
        const matching = matches.get(watcher);
        if (matching === undefined) matches.set(watcher, [change]);
        else matching.push(change);
      });
    }
    this.#told = revision;
    for (const [watcher, matching] of matches) {
      // A node that lags may be asked for what lies in its future.
      if (revision < watcher.nextRevision) continue;
      if (watcher.init.take(revision, matching)) watcher.nextRevision = revision + 1;
      else this.#fallBehind(watcher, revision);
    }
  }

  #fallBehind(watcher: Watcher, revision: Revision): void {
    if (watcher.state !== "live") return;
    this.#live.remove(watcher.init.filter, watcher);
    watcher.state = "behind";
    watcher.nextRevision = revision;
  }

  /** A snapshot took the place of what lies in between: nobody who is live can be told of it. */
  #skipTo(revision: Revision): void {
    const lost = this.#live.watchers().filter(({ nextRevision }) => nextRevision <= revision);
    for (const watcher of lost) {
      watcher.nextRevision = Math.max(watcher.nextRevision, this.#told + 1);
      this.#live.remove(watcher.init.filter, watcher);
      watcher.state = "behind";
      this.#endLagged(watcher);
    }
    this.#told = revision;
    this.noteApplied();
  }

  #endLagged(watcher: Watcher): void {
    const lastRevision = watcher.nextRevision - 1;
    watcher.state = "ended";
    watcher.init.end(
      new AspenError("lagged", `changes behind revision ${lastRevision} are no longer kept`, {
        details: { lastRevision },
      }),
    );
  }
}

/** @returns whether the watcher takes more */
function offer(watcher: Watcher, { revision, changes }: RevisionChanges): boolean {
  if (watcher.state !== "behind" || revision < watcher.nextRevision) return true;
  const matching = changes.filter((change) => {
    const key = keyOf(change);
    return !isSystemKey(key) && isWatched(watcher.init.filter, key);
  });
  if (matching.length > 0 && !watcher.init.take(revision, matching)) return false;
  watcher.nextRevision = revision + 1;
  return true;
}

function keyOf(change: KeyChange): string {
  return change.kind === "put" ? change.entry.key : change.key;
}

function isSystemKey(key: string): boolean {
  return key.startsWith("\u0000");
}
