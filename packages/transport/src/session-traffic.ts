import type { AspenError, RequestOptions, SendOutcome, TransportStream } from "@aspenjs/api";
import { FRAME_KINDS, type FrameKind } from "./frame-kind.ts";
import { MessageTraffic } from "./message-traffic.ts";
import { OutgoingCalls } from "./outgoing-calls.ts";
import { ServedRequests } from "./served-requests.ts";
import type { SessionContext } from "./session-context.ts";
import { violation, type SessionFault } from "./session-fault.ts";
import { StreamTable } from "./stream-table.ts";

/** What one session holds at a moment, for tests and diagnosis. */
export interface SessionLoad {
  readonly queuedBytes: number;
  readonly incomingBytes: number;
  readonly streamBytes: number;
  readonly outgoingRequests: number;
  readonly incomingRequests: number;
  readonly streams: number;
}

/** What an open session owns: everything that is under way between two peers. */
export class SessionTraffic {
  readonly #context: SessionContext;
  readonly #messages: MessageTraffic;
  readonly #calls: OutgoingCalls;
  readonly #served: ServedRequests;
  readonly #streams: StreamTable;

  constructor(context: SessionContext) {
    this.#context = context;
    this.#messages = new MessageTraffic(context);
    this.#calls = new OutgoingCalls(context);
    this.#served = new ServedRequests(context);
    this.#streams = new StreamTable(context);
  }

  get load(): SessionLoad {
    return {
      queuedBytes: this.#context.queue.queuedBytes,
      incomingBytes: this.#context.incomingBytes.usedBytes,
      streamBytes: this.#streams.heldBytes,
      outgoingRequests: this.#calls.size,
      incomingRequests: this.#served.size,
      streams: this.#streams.size,
    };
  }

  send(protocol: string, body: Uint8Array): SendOutcome {
    return this.#messages.send(protocol, body);
  }

  request(protocol: string, body: Uint8Array, options: RequestOptions): Promise<Uint8Array> {
    return this.#calls.request(protocol, body, options);
  }

  openStream(protocol: string, header: Uint8Array, options: RequestOptions): Promise<TransportStream> {
    return this.#streams.open(protocol, header, options);
  }

  onFrame(kind: FrameKind, id: number, body: Uint8Array): SessionFault | undefined {
    switch (kind) {
      case FRAME_KINDS.message:
      case FRAME_KINDS.messagePart:
        return this.#messages.onMessage(id, body, kind === FRAME_KINDS.message);
      case FRAME_KINDS.request:
      case FRAME_KINDS.requestPart:
        return this.#served.onRequest(id, body, kind === FRAME_KINDS.request);
      case FRAME_KINDS.response:
      case FRAME_KINDS.responsePart:
        return this.#calls.onResponse(id, body, kind === FRAME_KINDS.response);
      case FRAME_KINDS.error:
        return this.#calls.onError(id, body);
      case FRAME_KINDS.cancel:
        return body.byteLength === 0 ? this.#served.onCancel(id) : violation("a cancel has no body");
      case FRAME_KINDS.name:
        return this.#context.incomingNames.declare(id, body);
      default:
        return this.#onStreamFrame(kind, id, body);
    }
  }

  /** Whether the peer began something and does not go on with it. */
  isStalled(nowMs: number): boolean {
    return this.#messages.isStalled(nowMs);
  }

  endAll(error: AspenError): void {
    this.#calls.endAll(error);
    this.#served.endAll(error);
    this.#streams.endAll(error);
    this.#messages.endAll();
  }

  #onStreamFrame(kind: FrameKind, id: number, body: Uint8Array): SessionFault | undefined {
    switch (kind) {
      case FRAME_KINDS.open:
        return this.#streams.onOpen(id, body);
      case FRAME_KINDS.chunk:
      case FRAME_KINDS.chunkPart:
        return this.#streams.onChunk(id, body, kind === FRAME_KINDS.chunk);
      case FRAME_KINDS.credit:
        return this.#streams.onCredit(id, body);
      case FRAME_KINDS.end:
        return body.byteLength === 0 ? this.#streams.onEnd(id) : violation("an end has no body");
      case FRAME_KINDS.abort:
        return this.#streams.onAbort(id, body);
      default:
        return violation("a frame out of place");
    }
  }
}
