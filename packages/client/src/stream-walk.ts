/**
 * One stream to one node at a time, for as long as someone wants it. When it ends, or says nothing for too long, another
 * node is asked, whichever has not failed since one of them served; what no node would answer otherwise ends it.
 */
import {
  AspenError,
  type CancelTimer,
  type Clock,
  type Logger,
  type Random,
  type Transport,
  type TransportStream,
} from "@aspenjs/api";
import { DecodeError } from "@aspenjs/codec";
import { FrameAssembly, type ProtocolId } from "@aspenjs/protocol";
import type { Endpoint, EndpointBook } from "./endpoint-book.ts";
import { limits } from "./limits.ts";
import type { NodeConnection, NodeConnections } from "./node-connections.ts";

export interface StreamWalkOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly book: EndpointBook;
  readonly connections: NodeConnections;
}

/** Whoever wants the stream. */
export interface StreamWalker {
  /** In log lines: "watches". */
  readonly name: string;
  readonly protocol: ProtocolId;
  readonly frameBytesMax: number;
  readonly isWanted: () => boolean;
  readonly header: () => Uint8Array;
  /** There is a stream. */
  readonly onOpened: () => void;
  /** @throws AspenError to go elsewhere */
  readonly onFrame: (frame: Uint8Array) => void;
  /** Resolves when there is room for another chunk of the stream. Default: there always is. */
  readonly room?: () => Promise<void>;
  /** The stream is gone; there may be another one. */
  readonly onLost: () => void;
  /** No stream will come. */
  readonly onFailed: (error: AspenError) => void;
}

const NONE_TRIED: ReadonlySet<string> = new Set();

export class StreamWalk {
  readonly #options: StreamWalkOptions;
  readonly #walker: StreamWalker;
  /** Endpoints that failed since one of them served. */
  readonly #tried = new Set<string>();
  #stream: TransportStream | undefined;
  #isRunning = false;
  #isWaiting = false;
  #heardMs = 0;
  #failures = 0;
  /** What no other try would change, unless some endpoint served meanwhile. */
  #refusal: AspenError | undefined;

  constructor(options: StreamWalkOptions, walker: StreamWalker) {
    this.#options = options;
    this.#walker = walker;
  }

  get stream(): TransportStream | undefined {
    return this.#stream;
  }

  /** Someone wants the stream. */
  start(): void {
    if (!this.#isRunning) void this.#run();
  }

  /** The node serves: what failed before counts no more. */
  noteServed(): void {
    this.#tried.clear();
    this.#failures = 0;
    this.#refusal = undefined;
  }

  /** Nobody wants the stream any more. */
  leave(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.abort(new AspenError("shutting_down", `nobody wants ${this.#walker.name} any more`));
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#walker.isWanted()) {
      try {
        await this.#serve();
      } catch (error) {
        if (!(error instanceof AspenError)) {
          this.#fail(new AspenError("internal", "the client failed", { cause: error }));
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
    const { protocol, isWanted, header } = this.#walker;
    const endpoint = book.choose(this.#tried, clock.nowMs()) ?? book.choose(NONE_TRIED, clock.nowMs());
    if (endpoint === undefined) throw new AspenError("unavailable", "no address is known");
    this.#tried.add(endpoint.key);
    const connection = await this.#connect(endpoint);
    if (!isWanted()) return;
    try {
      const opening = { deadlineMs: limits.streamOpenMs };
      const stream = await transport.openStream(connection.peerId, protocol, header(), opening);
      await this.#listen(stream, endpoint);
    } catch (error) {
      if (error instanceof AspenError && error.code === "unauthorized") connections.forget(connection);
      // It may have served since it was chosen: others come first now.
      this.#tried.add(endpoint.key);
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
    const { isWanted, onOpened, onLost } = this.#walker;
    this.#stream = stream;
    this.#heardMs = this.#options.clock.nowMs();
    const timer: { cancel: CancelTimer } = { cancel: this.#armSilence(stream, endpoint, () => timer) };
    try {
      if (isWanted()) onOpened();
      else this.leave();
      await this.#read(stream);
      if (this.#stream === stream) throw new AspenError("unavailable", "the node ended the stream");
    } catch (error) {
      const failure = error instanceof DecodeError ? unreadable(error) : error;
      if (failure instanceof Error) stream.abort(failure);
      // Left on purpose: the next round begins anew.
      if (this.#stream === stream) throw failure;
    } finally {
      timer.cancel();
      if (this.#stream === stream) this.#stream = undefined;
      onLost();
    }
  }

  async #read(stream: TransportStream): Promise<void> {
    const { frameBytesMax, onFrame, room } = this.#walker;
    const { clock } = this.#options;
    const assembly = new FrameAssembly(frameBytesMax);
    for await (const chunk of stream) {
      for (const frame of assembly.push(chunk)) onFrame(frame);
      if (room !== undefined) {
        this.#isWaiting = true;
        await room().finally(() => (this.#isWaiting = false));
      }
      this.#heardMs = clock.nowMs();
    }
  }

  async #afterFailure(error: AspenError): Promise<void> {
    const { book, clock, random, logger } = this.#options;
    logger.log("debug", `${this.#walker.name} go on elsewhere`, { code: error.code });
    if (!error.retryable && error.code !== "internal") this.#refusal ??= error;
    if (book.hasUntried(this.#tried, clock.nowMs())) return;
    this.#tried.clear();
    if (this.#refusal !== undefined) return this.#fail(this.#refusal);
    const baseMs = Math.min(limits.backOffBaseMsMax, limits.backOffBaseMsMin * 2 ** Math.min(this.#failures, 16));
    this.#failures += 1;
    await new Promise<void>((resolve) => void clock.setTimer(baseMs + random.below(baseMs + 1), resolve));
  }

  #fail(error: AspenError): void {
    this.#refusal = undefined;
    this.#walker.onFailed(error);
  }

  #armSilence(stream: TransportStream, endpoint: Endpoint, timer: () => { cancel: CancelTimer }): CancelTimer {
    const { clock, book } = this.#options;
    return clock.setTimer(limits.streamSilenceMs / 2, () => {
      // While its own reader is slow, nobody listens to the node.
      if (this.#isWaiting || clock.nowMs() - this.#heardMs < limits.streamSilenceMs) {
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
