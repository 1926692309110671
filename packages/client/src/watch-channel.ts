/**
 * All watches of one client, on one stream to one node at a time. When the stream ends, or says nothing for too long,
 * every watch goes on where it was, at whichever node takes it.
 */
import {
  AspenError,
  abandonedError,
  assertWatchRequest,
  isRetryable,
  type CallOptions,
  type Clock,
  type Watch,
  type WatchRequest,
} from "@aspenjs/api";
import {
  decodeWatchTell,
  encodeWatchAsk,
  joinFrames,
  PROTOCOL_IDS,
  protocolLimits,
  type WatchEnded,
  type WatchTell,
} from "@aspenjs/protocol";
import { limits } from "./limits.ts";
import { deadlineOf } from "./pending-call.ts";
import { RemoteWatch } from "./remote-watch.ts";
import { StreamWalk, type StreamWalkOptions } from "./stream-walk.ts";

export interface WatchChannelOptions extends StreamWalkOptions {
  readonly deadlineMsDefault: number;
}

const NO_HEADER = new Uint8Array(0);

export class WatchChannel {
  readonly #clock: Clock;
  readonly #deadlineMsDefault: number;
  readonly #walk: StreamWalk;
  readonly #watches = new Set<RemoteWatch>();
  /** On the stream that is open. */
  readonly #byId = new Map<number, RemoteWatch>();
  readonly #ids = new Map<RemoteWatch, number>();
  #nextId = 1;
  #outbox: Uint8Array[] = [];
  #isWriting = false;
  #isClosed = false;

  constructor(options: WatchChannelOptions) {
    this.#clock = options.clock;
    this.#deadlineMsDefault = options.deadlineMsDefault;
    this.#walk = new StreamWalk(options, {
      name: "watches",
      protocol: PROTOCOL_IDS.watch,
      frameBytesMax: protocolLimits.watchTellBytesMax,
      isWanted: () => this.#watches.size > 0,
      header: () => NO_HEADER,
      onOpened: () => this.#onStream(),
      onFrame: (frame) => this.#onTell(decodeWatchTell(frame)),
      onLost: () => this.#onLost(),
      onFailed: (error) => this.#failAll(error),
    });
  }

  /** @throws AspenError as `KeyValueStore.watch` rejects */
  async open(request: WatchRequest, options?: CallOptions): Promise<Watch> {
    assertWatchRequest(request);
    if (this.#isClosed) throw new AspenError("shutting_down", "the client is closed");
    const { signal } = options ?? {};
    const watch = new RemoteWatch({
      request,
      clock: this.#clock,
      deadlineMs: deadlineOf(options, this.#deadlineMsDefault),
      signal,
      onEnded: (ended) => this.#onWatchEnded(ended),
      onDrained: (drained) => this.#ask(drained),
    });
    this.#watches.add(watch);
    if (signal?.aborted === true) watch.fail(abandonedError(signal));
    else if (this.#walk.stream === undefined) this.#walk.start();
    else this.#ask(watch);
    return watch.begun;
  }

  close(): void {
    this.#isClosed = true;
    this.#failAll(new AspenError("shutting_down", "the client was closed"));
  }

  #onStream(): void {
    this.#outbox = [];
    for (const watch of this.#watches) if (!watch.isPaused) this.#ask(watch);
  }

  #onLost(): void {
    this.#byId.clear();
    this.#ids.clear();
    for (const watch of this.#watches) watch.onDetached();
  }

  #onTell(tell: WatchTell): void {
    if (tell.kind === "progress") {
      this.#walk.noteServed();
      for (const watch of this.#byId.values()) watch.onProgress(tell.revision);
      return;
    }
    const watch = this.#byId.get(tell.watchId);
    // Closed here, and the node does not know yet.
    if (watch === undefined) return;
    switch (tell.kind) {
      case "opened":
        this.#walk.noteServed();
        watch.onOpened(tell.fromRevision);
        return;
      case "changes":
        if (!watch.onChanges(tell.revision, tell.changes, tell.isLastPart)) this.#forget(watch, "tell");
        return;
      case "ended":
        this.#forget(watch, "silent");
        this.#onEnded(watch, tell);
    }
  }

  #onEnded(watch: RemoteWatch, { code, message, firstRevision }: WatchEnded): void {
    const details = firstRevision === undefined ? {} : { firstRevision };
    const error = new AspenError(code, message, { details });
    // This node cannot serve it now: another one may.
    if (isRetryable(code)) throw error;
    watch.onEnded(error);
  }

  #failAll(error: AspenError): void {
    for (const watch of [...this.#watches]) watch.fail(error);
  }

  #ask(watch: RemoteWatch): void {
    if (this.#walk.stream === undefined || this.#ids.has(watch)) return;
    const watchId = this.#nextId;
    this.#nextId += 1;
    this.#byId.set(watchId, watch);
    this.#ids.set(watch, watchId);
    const { filter, withPrevious = false } = watch.request;
    this.#send(encodeWatchAsk({ kind: "open", watchId, filter, fromRevision: watch.nextRevision, withPrevious }));
  }

  /** @param node whether it has to be told */
  #forget(watch: RemoteWatch, node: "tell" | "silent"): void {
    const watchId = this.#ids.get(watch);
    if (watchId === undefined) return;
    this.#ids.delete(watch);
    this.#byId.delete(watchId);
    watch.onDetached();
    if (node === "tell") this.#send(encodeWatchAsk({ kind: "close", watchId }));
  }

  #onWatchEnded(watch: RemoteWatch): void {
    this.#watches.delete(watch);
    if (this.#walk.stream === undefined) return;
    this.#forget(watch, "tell");
    if (this.#watches.size === 0) this.#walk.leave();
  }

  #send(frame: Uint8Array): void {
    this.#outbox.push(frame);
    if (this.#isWriting) return;
    this.#isWriting = true;
    queueMicrotask(() => void this.#write());
  }

  async #write(): Promise<void> {
    try {
      while (this.#outbox.length > 0) {
        const { stream } = this.#walk;
        const frames = this.#outbox.splice(0, limits.watchAsksPerChunk);
        await stream?.write(joinFrames(frames));
      }
    } catch (error) {
      // Whoever reads the stream meets the same end, unless it is our own queue that is full.
      if (!(error instanceof AspenError)) throw error;
      this.#walk.stream?.abort(error);
    } finally {
      this.#isWriting = false;
    }
  }
}
