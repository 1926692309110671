import { abandonedError } from "../abandoned-error.ts";
import { AspenError } from "../aspen-error.ts";
import type { KeyValueEntry, Revision } from "../key-value-entry.ts";
import type { CancelTimer, Clock } from "../ports/clock.ts";
import { isWatched } from "../watch-gate.ts";
import type { KeyChange, RevisionChanges, Watch, WatchBatch, WatchRequest } from "../watch.ts";
import { copyOf } from "./entry-table.ts";

/** Everything that happened, the oldest first; who waits for more is called when it has come. */
export class MemoryHistory {
  readonly #revisions: RevisionChanges[] = [];
  readonly #waiting = new Set<() => void>();

  append(revision: RevisionChanges): void {
    this.#revisions.push(revision);
    for (const wake of [...this.#waiting]) wake();
  }

  at(revision: Revision): RevisionChanges | undefined {
    return this.#revisions[revision - 1];
  }

  get revision(): Revision {
    return this.#revisions.length;
  }

  wait(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  }
}

interface Reader {
  readonly resolve: (result: IteratorResult<WatchBatch, undefined>) => void;
  readonly reject: (error: Error) => void;
}

const DONE: IteratorResult<WatchBatch, undefined> = { done: true, value: undefined };

/** A watch that reads the history from where it is, and waits at its end. */
export class MemoryWatch implements Watch {
  readonly fromRevision: Revision;
  readonly #history: MemoryHistory;
  readonly #request: WatchRequest;
  readonly #clock: Clock | undefined;
  readonly #stopWaiting: () => void;
  readonly #stopListening: () => void = () => {};
  #nextRevision: Revision;
  #reader: Reader | undefined;
  #cancelProgress: CancelTimer = () => {};
  #end: AspenError | "closed" | undefined;

  constructor(
    history: MemoryHistory,
    request: WatchRequest,
    clock: Clock | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#history = history;
    this.#request = request;
    this.#clock = clock;
    this.fromRevision = request.fromRevision ?? history.revision + 1;
    this.#nextRevision = this.fromRevision;
    this.#stopWaiting = history.wait(() => this.#serve());
    if (signal === undefined) return;
    const onAbort = (): void => this.#finish(abandonedError(signal));
    signal.addEventListener("abort", onAbort, { once: true });
    this.#stopListening = () => signal.removeEventListener("abort", onAbort);
  }

  async close(): Promise<void> {
    this.#finish("closed");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<WatchBatch, undefined> {
    return {
      next: () => this.#next(),
      return: async () => {
        await this.close();
        return DONE;
      },
    };
  }

  #next(): Promise<IteratorResult<WatchBatch, undefined>> {
    if (this.#reader !== undefined) {
      return Promise.reject(new AspenError("invalid_request", "a watch has one reader at a time"));
    }
    if (this.#end === "closed") return Promise.resolve(DONE);
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
      this.#armProgress();
      this.#serve();
    });
  }

  #serve(): void {
    if (this.#reader === undefined) return;
    for (let revision = this.#history.at(this.#nextRevision); revision !== undefined;) {
      this.#nextRevision += 1;
      const batch = this.#view(revision);
      if (batch.changes.length > 0) return this.#handOut(batch);
      revision = this.#history.at(this.#nextRevision);
    }
  }

  #view({ revision, changes }: RevisionChanges): WatchBatch {
    const { filter, withPrevious = false } = this.#request;
    const watched = changes.filter((change) => isWatched(filter, keyOf(change)));
    return { revision, changes: watched.map((change) => copyOfChange(change, withPrevious)) };
  }

  #handOut(batch: WatchBatch): void {
    const reader = this.#reader;
    this.#reader = undefined;
    this.#cancelProgress();
    reader?.resolve({ done: false, value: batch });
  }

  #armProgress(): void {
    const { progressEveryMs } = this.#request;
    if (progressEveryMs === undefined || this.#clock === undefined) return;
    this.#cancelProgress = this.#clock.setTimer(progressEveryMs, () => {
      if (this.#reader !== undefined) this.#handOut({ revision: this.#nextRevision - 1, changes: [] });
    });
  }

  #finish(end: AspenError | "closed"): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#stopWaiting();
    this.#stopListening();
    this.#cancelProgress();
    const reader = this.#reader;
    this.#reader = undefined;
    if (end === "closed") reader?.resolve(DONE);
    else reader?.reject(end);
  }
}

/** What became of a key; nothing when it neither was there before nor is now. */
export function changeOf(
  key: string,
  previous: KeyValueEntry | undefined,
  entry: KeyValueEntry | undefined,
): KeyChange | undefined {
  const before = previous === undefined ? {} : { previous };
  if (entry !== undefined) return { kind: "put", entry, ...before };
  return previous === undefined ? undefined : { kind: "delete", key, ...before };
}

function copyOfChange(change: KeyChange, withPrevious: boolean): KeyChange {
  const before = withPrevious && change.previous !== undefined ? { previous: copyOf(change.previous) } : {};
  return change.kind === "put"
    ? { kind: "put", entry: copyOf(change.entry), ...before }
    : { kind: "delete", key: change.key, ...before };
}

function keyOf(change: KeyChange): string {
  return change.kind === "put" ? change.entry.key : change.key;
}
