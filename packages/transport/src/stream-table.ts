/** The streams of one session, whoever opened them. Invariants S1 to S7 of SPEC.md. */
import type { AspenError, CancelTimer, ProtocolHandlers, RequestOptions, TransportStream } from "@aspenjs/api";
import { copiedBytes } from "./copied-bytes.ts";
import { DeadlineTimer } from "./deadline-timer.ts";
import { FRAME_KINDS } from "./frame-kind.ts";
import { admit, type SessionContext } from "./session-context.ts";
import { violation, type SessionFault } from "./session-fault.ts";
import { SessionStream } from "./session-stream.ts";
import { callerGaveUp, deadlinePassed, errorOfHandler, forbidden, queueFull, tooLarge } from "./transport-error.ts";
import { decodeWireError, encodeWireError } from "./wire-error.ts";

type StreamHandler = (stream: TransportStream) => Promise<void>;

/** Opened here; the peer has not answered. */
interface OpeningStream {
  readonly kind: "opening";
  readonly stream: SessionStream;
  readonly expiresAtMs: number;
  readonly resolve: (stream: TransportStream) => void;
  readonly reject: (error: AspenError) => void;
  readonly stopListening: () => void;
}

type StreamState =
  | OpeningStream
  | { readonly kind: "open"; readonly stream: SessionStream }
  /** Opened by the peer; the handler still runs, or its peer has some time left to end its side. */
  | { readonly kind: "serving"; readonly stream: SessionStream }
  | { readonly kind: "lingering"; readonly stream: SessionStream; readonly cancelTimer: CancelTimer };

const streamHandlerOf = (handlers: ProtocolHandlers): StreamHandler | undefined => handlers.onStream;

export class StreamTable {
  readonly #context: SessionContext;
  readonly #streams = new Map<number, StreamState>();
  readonly #deadlines: DeadlineTimer;
  /** The dialler's ids are odd, the other side's even: an id says who opened the stream. */
  #nextId: number;
  #lastPeerId: number;
  #openedHere = 0;
  #openedByPeer = 0;

  constructor(context: SessionContext) {
    this.#context = context;
    this.#nextId = context.isDialer ? 1 : 2;
    this.#lastPeerId = context.isDialer ? 0 : -1;
    this.#deadlines = new DeadlineTimer(context.clock, (nowMs) => this.#expire(nowMs));
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Received on all streams and not read. */
  get heldBytes(): number {
    let heldBytes = 0;
    for (const { stream } of this.#streams.values()) heldBytes += stream.heldBytes;
    return heldBytes;
  }

  open(protocol: string, header: Uint8Array, options: RequestOptions): Promise<TransportStream> {
    const { limits, queue, outgoingNames, clock } = this.#context;
    const { signal } = options;
    if (signal?.aborted === true) return Promise.reject(callerGaveUp(signal));
    if (header.byteLength > limits.streamHeaderBytesMax) {
      return Promise.reject(tooLarge("a stream header", header.byteLength, limits.streamHeaderBytesMax));
    }
    if (this.#openedHere >= limits.streamsMax) return Promise.reject(queueFull("streams", limits.streamsMax));
    const number = queue.hasRoom(header.byteLength) ? outgoingNames.numberOf(protocol) : undefined;
    if (number === undefined) return Promise.reject(queueFull("bytes queued", limits.outgoingBytesMax));
    const id = this.#nextId;
    this.#nextId += 2;
    this.#openedHere += 1;
    queue.write(FRAME_KINDS.open, id, header, number, limits.streamWindowBytes);
    const stream = this.#createStream(id, protocol, header, false);
    const expiresAtMs = clock.nowMs() + options.deadlineMs;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        if (signal !== undefined) this.#giveUpOpening(id, callerGaveUp(signal));
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      const stopListening = (): void => signal?.removeEventListener("abort", onAbort);
      this.#streams.set(id, { kind: "opening", stream, expiresAtMs, resolve, reject, stopListening });
      this.#deadlines.ensure(expiresAtMs);
    });
  }

  onOpen(id: number, body: Uint8Array): SessionFault | undefined {
    if (!this.#isPeersId(id) || id <= this.#lastPeerId) return violation("a stream id is out of order");
    this.#lastPeerId = id;
    const { cursor, limits } = this.#context;
    cursor.reset(body);
    const protocolNumber = cursor.varint();
    const windowBytes = cursor.varint();
    if (protocolNumber < 0 || windowBytes < 0) return violation("a stream's header is malformed");
    const header = copiedBytes(cursor.rest());
    if (header.byteLength > limits.streamHeaderBytesMax) return violation("a stream's header is too large");
    const admission = admit(this.#context, protocolNumber, "stream", streamHandlerOf);
    if (admission.kind === "violation") return admission;
    if (admission.kind === "refused") return this.#refuse(id, admission.error);
    if (this.#openedByPeer >= limits.streamsMax) return this.#refuse(id, queueFull("streams", limits.streamsMax));
    this.#openedByPeer += 1;
    const stream = this.#createStream(id, admission.protocol, header, true);
    this.#streams.set(id, { kind: "serving", stream });
    const fault = stream.onCredit(windowBytes);
    stream.grant(limits.streamWindowBytes);
    this.#serve(stream, admission.handler);
    return fault;
  }

  onChunk(id: number, fragment: Uint8Array, isLast: boolean): SessionFault | undefined {
    const state = this.#streams.get(id);
    if (state === undefined) return this.#checkKnown(id);
    const { stream } = state;
    if (stream.isOpenedByPeer && !this.#context.gate.mayUse(this.#context.peerId, stream.protocol)) {
      this.#context.refusals.refused(this.#context.peerId, "chunk", "forbidden", stream.protocol);
      stream.abort(forbidden());
      return undefined;
    }
    return stream.onChunk(fragment, isLast);
  }

  onCredit(id: number, body: Uint8Array): SessionFault | undefined {
    const { cursor } = this.#context;
    cursor.reset(body);
    const costBytes = cursor.varint();
    if (costBytes < 0 || cursor.offset !== body.byteLength) return violation("credit is malformed");
    const state = this.#streams.get(id);
    if (state === undefined) return this.#checkKnown(id);
    if (state.kind === "opening") {
      this.#streams.set(id, { kind: "open", stream: state.stream });
      state.stopListening();
      state.resolve(state.stream);
    }
    return state.stream.onCredit(costBytes);
  }

  onEnd(id: number): SessionFault | undefined {
    const state = this.#streams.get(id);
    return state === undefined ? this.#checkKnown(id) : state.stream.onEnd();
  }

  onAbort(id: number, body: Uint8Array): SessionFault | undefined {
    const error = decodeWireError(body);
    if (error === undefined) return violation("an error is malformed");
    const state = this.#streams.get(id);
    if (state === undefined) return this.#checkKnown(id);
    this.#fail(state, error);
    return undefined;
  }

  endAll(error: AspenError): void {
    this.#deadlines.stop();
    for (const state of [...this.#streams.values()]) {
      state.stream.lose(error);
      if (state.kind === "opening") this.#rejectOpening(state, error);
    }
  }

  #createStream(id: number, protocol: string, header: Uint8Array, isOpenedByPeer: boolean): SessionStream {
    const onOver = (stream: SessionStream): void => this.#onOver(stream);
    return new SessionStream(this.#context, { id, protocol, header, isOpenedByPeer, onOver });
  }

  #serve(stream: SessionStream, handler: StreamHandler): void {
    let served: Promise<void>;
    try {
      served = handler(stream);
    } catch (error) {
      served = Promise.reject(error);
    }
    served.then(
      () => this.#onServed(stream),
      (error: unknown) => {
        stream.abort(errorOfHandler(error, this.#context.logger, stream.protocol));
        this.#release(stream);
      },
    );
  }

  /** The place of a stream is free once its handler has returned and both halves are over. */
  #onServed(stream: SessionStream): void {
    stream.finish();
    if (stream.isOver) {
      this.#release(stream);
      return;
    }
    const { clock, limits } = this.#context;
    const cancelTimer = clock.setTimer(limits.streamLingerMs, () => stream.abort(deadlinePassed()));
    this.#streams.set(stream.id, { kind: "lingering", stream, cancelTimer });
  }

  #onOver(stream: SessionStream): void {
    const state = this.#streams.get(stream.id);
    if (state === undefined || state.kind === "serving") return;
    if (state.kind === "lingering") state.cancelTimer();
    this.#release(stream);
  }

  #release(stream: SessionStream): void {
    if (!this.#streams.delete(stream.id)) return;
    if (stream.isOpenedByPeer) this.#openedByPeer -= 1;
    else this.#openedHere -= 1;
  }

  #fail(state: StreamState, error: AspenError): void {
    state.stream.fail(error);
    if (state.kind === "opening") this.#rejectOpening(state, error);
  }

  #rejectOpening(state: OpeningStream, error: AspenError): void {
    state.stopListening();
    state.reject(error);
  }

  #giveUpOpening(id: number, error: AspenError): void {
    const state = this.#streams.get(id);
    if (state?.kind !== "opening") return;
    this.#context.queue.writeControl(FRAME_KINDS.abort, id, encodeWireError(error));
    this.#fail(state, error);
  }

  #expire(nowMs: number): number | undefined {
    let nextMs: number | undefined;
    for (const [id, state] of this.#streams) {
      if (state.kind !== "opening") continue;
      if (state.expiresAtMs <= nowMs) this.#giveUpOpening(id, deadlinePassed());
      else if (nextMs === undefined || state.expiresAtMs < nextMs) nextMs = state.expiresAtMs;
    }
    return nextMs;
  }

  #refuse(id: number, error: AspenError): undefined {
    this.#context.queue.writeControl(FRAME_KINDS.abort, id, encodeWireError(error));
    return undefined;
  }

  #isPeersId(id: number): boolean {
    return id >= 1 && (id % 2 === 1) !== this.#context.isDialer;
  }

  /** Frames of a stream that has ended here were under way; frames of one that never was are a fault. */
  #checkKnown(id: number): SessionFault | undefined {
    const isKnown = this.#isPeersId(id) ? id <= this.#lastPeerId : id >= 1 && id < this.#nextId;
    return isKnown ? undefined : violation("a frame of no stream");
  }
}
