/**
 * One watch, as its reader sees it: revisions in order, whatever streams bring them.
 *
 * V1  Every revision is handed out whole and once, in order: what comes again after a stream was lost is dropped, and
 *     half a revision is forgotten with the stream that brought it.
 * V2  What waits for the reader is bounded. Beyond that the node is asked to stop, and to go on from where the reader
 *     is once everything has been read.
 * V3  What a stream says of all its watches counts for one that the node has opened on it, and for no other: the node
 *     may say it before it has read that this one is wanted.
 */
import {
  AspenError,
  type Clock,
  type KeyChange,
  type Revision,
  type Watch,
  type WatchBatch,
  type WatchRequest,
} from "@aspenjs/api";
import { keyChangeBytes } from "@aspenjs/protocol";
import { BatchInbox } from "./batch-inbox.ts";
import { limits } from "./limits.ts";

export interface RemoteWatchInit {
  readonly request: WatchRequest;
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  /** Nobody reads any more. */
  readonly onEnded: (watch: RemoteWatch) => void;
  /** Room again, after `push` said that there is none. */
  readonly onDrained: (watch: RemoteWatch) => void;
}

export class RemoteWatch implements Watch {
  readonly request: WatchRequest;
  readonly begun: Promise<Watch>;
  readonly #init: RemoteWatchInit;
  readonly #inbox: BatchInbox<WatchBatch>;
  #fromRevision: Revision;
  /** Behind everything that was handed over whole; `undefined` as long as no node has said where the watch begins. */
  #nextRevision: Revision | undefined;
  #parts: KeyChange[] = [];
  #isPaused = false;
  /** On the stream that there is now. */
  #isOpen = false;

  constructor(init: RemoteWatchInit) {
    const { request, clock, deadlineMs, signal } = init;
    this.request = request;
    this.#init = init;
    this.#nextRevision = request.fromRevision;
    this.#fromRevision = request.fromRevision ?? 0;
    this.#inbox = new BatchInbox<WatchBatch>({
      name: "the watch",
      clock,
      deadlineMs,
      signal,
      progressEveryMs: request.progressEveryMs,
      progress: () => ({ revision: (this.#nextRevision ?? 1) - 1, changes: [] }),
      bytesOf,
      onDrained: () => this.#onDrained(),
      onEnded: () => this.#onInboxEnded(),
    });
    this.begun = this.#inbox.begun.then(() => this);
  }

  get fromRevision(): Revision {
    return this.#fromRevision;
  }

  /** Where a node is to go on; `undefined` for a watch that has not begun anywhere. */
  get nextRevision(): Revision | undefined {
    return this.#nextRevision;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  onOpened(fromRevision: Revision): void {
    this.#isOpen = true;
    if (this.#inbox.phase !== "beginning") return;
    this.#fromRevision = fromRevision;
    this.#nextRevision = fromRevision;
    this.#inbox.begin();
  }

  /** @returns whether there is room for more */
  onChanges(revision: Revision, changes: readonly KeyChange[], isLastPart: boolean): boolean {
    if (this.#inbox.phase !== "begun" || revision < (this.#nextRevision ?? 0)) return true;
    this.#parts.push(...changes);
    if (!isLastPart) return true;
    const batch: WatchBatch = { revision, changes: this.#parts };
    this.#parts = [];
    this.#nextRevision = revision + 1;
    this.#inbox.push(batch);
    this.#isPaused = this.#inbox.queuedBytes > limits.watchQueueBytesMax;
    return !this.#isPaused;
  }

  onProgress(revision: Revision): void {
    if (this.#isOpen) this.#nextRevision = Math.max(this.#nextRevision ?? 0, revision + 1);
  }

  /** The stream is lost, or was told to bring no more: half a revision is nothing. */
  onDetached(): void {
    this.#isOpen = false;
    this.#parts = [];
  }

  /** The node ended it for good. */
  onEnded(error: AspenError): void {
    if (this.#inbox.phase === "beginning") return this.fail(error);
    if (error.code !== "compacted" && error.code !== "lagged") return this.fail(error);
    const lastRevision = (this.#nextRevision ?? 1) - 1;
    const message = `the cluster no longer keeps what happened behind revision ${lastRevision}`;
    this.fail(new AspenError("lagged", message, { details: { lastRevision } }));
  }

  fail(error: AspenError): void {
    this.#inbox.fail(error);
  }

  async close(): Promise<void> {
    this.#inbox.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<WatchBatch, undefined> {
    return this.#inbox.iterator();
  }

  #onDrained(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#init.onDrained(this);
  }

  #onInboxEnded(): void {
    this.#parts = [];
    this.#init.onEnded(this);
  }
}

function bytesOf({ changes }: WatchBatch): number {
  return changes.reduce((sum, change) => sum + keyChangeBytes(change), 0);
}
