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
  type CancelTimer,
  type Clock,
  type Logger,
  type Random,
  type Transport,
  type TransportStream,
  type Watch,
  type WatchRequest,
} from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import {
  decodeWatchTell,
  encodeWatchAsk,
  FrameAssembly,
  joinFrames,
  PROTOCOL_IDS,
  protocolLimits,
  type WatchEnded,
  type WatchTell,
} from "@aspenjs/protocol";
import type { Endpoint, EndpointBook } from "./endpoint-book.ts";
import { limits } from "./limits.ts";
import type { NodeConnection, NodeConnections } from "./node-connections.ts";
import { deadlineOf } from "./pending-call.ts";
import { RemoteWatch } from "./remote-watch.ts";

export interface WatchChannelOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly book: EndpointBook;
  readonly connections: NodeConnections;
  readonly deadlineMsDefault: number;
}

const NO_HEADER = new Uint8Array(0);
const NONE_TRIED: ReadonlySet<string> = new Set();

export class WatchChannel {
  readonly #options: WatchChannelOptions;
  readonly #watches = new Set<RemoteWatch>();
  /** On the stream that is open. */
  readonly #byId = new Map<number, RemoteWatch>();
  readonly #ids = new Map<RemoteWatch, number>();
  /** Endpoints that failed since one of them served. */
  readonly #tried = new Set<string>();
  #nextId = 1;
  #stream: TransportStream | undefined;
  #outbox: Uint8Array[] = [];
  #isWriting = false;
  #isRunning = false;
  #isClosed = false;
  #heardMs = 0;
  #failures = 0;
  /** What no other try would change, unless some endpoint served meanwhile. */
  #refusal: AspenError | undefined;

  constructor(options: WatchChannelOptions) {
    this.#options = options;
  }

  /** @throws AspenError as `KeyValueStore.watch` rejects */
  async open(request: WatchRequest, options?: CallOptions): Promise<Watch> {
    assertWatchRequest(request);
    if (this.#isClosed) throw new AspenError("shutting_down", "the client is closed");
    const { signal } = options ?? {};
    const watch = new RemoteWatch({
      request,
      clock: this.#options.clock,
      deadlineMs: deadlineOf(options, this.#options.deadlineMsDefault),
      signal,
      onEnded: (ended) => this.#onWatchEnded(ended),
      onDrained: (drained) => this.#ask(drained),
    });
    this.#watches.add(watch);
    if (signal?.aborted === true) watch.fail(abandonedError(signal));
    else if (this.#stream !== undefined) this.#ask(watch);
    else if (!this.#isRunning) void this.#run();
    return watch.begun;
  }

  close(): void {
    this.#isClosed = true;
    for (const watch of [...this.#watches]) watch.fail(new AspenError("shutting_down", "the client was closed"));
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#watches.size > 0) {
      try {
        await this.#serve();
      } catch (error) {
        if (!(error instanceof AspenError)) {
          this.#failAll(new AspenError("internal", "the client failed", { cause: error }));
          break;
        }
        await this.#afterFailure(error);
      }
    }
    this.#isRunning = false;
  }

  /** One stream, from its opening to its end. */
  async #serve(): Promise<void> {
    const { transport, clock, book, connections } = this.#options;
    const endpoint = book.choose(this.#tried, clock.nowMs()) ?? book.choose(NONE_TRIED, clock.nowMs());
    if (endpoint === undefined) throw new AspenError("unavailable", "no address is known");
    this.#tried.add(endpoint.key);
    const connection = await this.#connect(endpoint);
    if (this.#watches.size === 0) return;
    try {
      const opening = { deadlineMs: limits.watchOpenMs };
      const stream = await transport.openStream(connection.peerId, PROTOCOL_IDS.watch, NO_HEADER, opening);
      await this.#listen(stream, endpoint);
    } catch (error) {
      if (error instanceof AspenError && error.code === "unauthorized") connections.forget(connection);
      throw error;
    }
  }

  async #connect(endpoint: Endpoint): Promise<NodeConnection> {
    const { connections } = this.#options;
    const outcome = connections.find(endpoint) ?? (await connections.dial(endpoint));
    if (outcome.kind === "open") return outcome;
    throw outcome.error;
  }

  async #listen(stream: TransportStream, endpoint: Endpoint): Promise<void> {
    this.#stream = stream;
    this.#outbox = [];
    this.#heardMs = this.#options.clock.nowMs();
    const timer: { cancel: CancelTimer } = { cancel: this.#armSilence(stream, endpoint, () => timer) };
    const assembly = new FrameAssembly(protocolLimits.watchTellBytesMax);
    try {
      if (this.#watches.size === 0) this.#leave();
      for (const watch of this.#watches) if (!watch.isPaused) this.#ask(watch);
      for await (const chunk of stream) {
        this.#heardMs = this.#options.clock.nowMs();
        for (const frame of assembly.push(chunk)) this.#onTell(decodeWatchTell(frame));
      }
      if (this.#stream === stream) throw new AspenError("unavailable", "the node ended the stream");
    } catch (error) {
      const failure = error instanceof DecodeError ? unreadable(error) : error;
      if (failure instanceof Error) stream.abort(failure);
      // Left on purpose: the next round begins anew.
      if (this.#stream === stream) throw failure;
    } finally {
      timer.cancel();
      if (this.#stream === stream) this.#stream = undefined;
      this.#byId.clear();
      this.#ids.clear();
      for (const watch of this.#watches) watch.onDetached();
    }
  }

  #onTell(tell: WatchTell): void {
    if (tell.kind === "progress") {
      this.#noteServed();
      for (const watch of this.#byId.values()) watch.onProgress(tell.revision);
      return;
    }
    const watch = this.#byId.get(tell.watchId);
    // Closed here, and the node does not know yet.
    if (watch === undefined) return;
    switch (tell.kind) {
      case "opened":
        this.#noteServed();
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

  #noteServed(): void {
    this.#tried.clear();
    this.#failures = 0;
    this.#refusal = undefined;
  }

  async #afterFailure(error: AspenError): Promise<void> {
    const { book, clock, random, logger } = this.#options;
    logger.log("debug", "watches go on elsewhere", { code: error.code });
    if (!error.retryable && error.code !== "internal") this.#refusal ??= error;
    if (book.hasUntried(this.#tried, clock.nowMs())) return;
    this.#tried.clear();
    if (this.#refusal !== undefined) return this.#failAll(this.#refusal);
    const baseMs = Math.min(limits.backOffBaseMsMax, limits.backOffBaseMsMin * 2 ** Math.min(this.#failures, 16));
    this.#failures += 1;
    await new Promise<void>((resolve) => void clock.setTimer(baseMs + random.below(baseMs + 1), resolve));
  }

  #failAll(error: AspenError): void {
    this.#refusal = undefined;
    for (const watch of [...this.#watches]) watch.fail(error);
  }

  #ask(watch: RemoteWatch): void {
    if (this.#stream === undefined || this.#ids.has(watch)) return;
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
    if (this.#stream === undefined) return;
    this.#forget(watch, "tell");
    if (this.#watches.size === 0) this.#leave();
  }

  /** Nobody watches any more. */
  #leave(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.abort(new AspenError("shutting_down", "nobody watches any more"));
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
        const stream = this.#stream;
        const frames = this.#outbox.splice(0, limits.watchAsksPerChunk);
        await stream?.write(joinFrames(frames));
      }
    } catch (error) {
      // Whoever reads the stream meets the same end, unless it is our own queue that is full.
      if (!(error instanceof AspenError)) throw error;
      this.#stream?.abort(error);
    } finally {
      this.#isWriting = false;
    }
  }

  #armSilence(stream: TransportStream, endpoint: Endpoint, timer: () => { cancel: CancelTimer }): CancelTimer {
    const { clock, book } = this.#options;
    return clock.setTimer(limits.watchSilenceMs / 2, () => {
      if (clock.nowMs() - this.#heardMs < limits.watchSilenceMs) {
        timer().cancel = this.#armSilence(stream, endpoint, timer);
        return;
      }
      book.fellSilent(endpoint, clock.nowMs());
      stream.abort(new AspenError("unavailable", "the node says nothing"));
    });
  }
}

function unreadable(cause: DecodeError): AspenError {
  return new AspenError("internal", "what the node says cannot be read", { cause });
}
