/** Requests of the peer that this side works on. Invariants R1 to R5 of SPEC.md. */
import { AspenError, type ProtocolHandlers } from "@aspenjs/api";
import { BodyAssembly } from "./body-assembly.ts";
import { copiedBytes } from "./copied-bytes.ts";
import { DeadlineTimer } from "./deadline-timer.ts";
import { FRAME_KINDS } from "./frame-kind.ts";
import { ServedRequest } from "./served-request.ts";
import { admit, type SessionContext } from "./session-context.ts";
import { violation, type SessionFault } from "./session-fault.ts";
import { deadlinePassed, errorOfHandler, notVouchedFor, queueFull, tooLarge } from "./transport-error.ts";
import { encodeWireError } from "./wire-error.ts";

type RequestHandler = NonNullable<ProtocolHandlers["onRequest"]>;

interface ReceivingRequest {
  readonly kind: "receiving";
  readonly protocol: string;
  readonly handler: RequestHandler;
  readonly expiresAtMs: number;
  readonly assembly: BodyAssembly;
}

interface RunningRequest {
  readonly kind: "running";
  readonly protocol: string;
  readonly expiresAtMs: number;
  readonly served: ServedRequest;
}

type RequestState = ReceivingRequest | RunningRequest;

const requestHandlerOf = (handlers: ProtocolHandlers): RequestHandler | undefined => handlers.onRequest;

export class ServedRequests {
  readonly #context: SessionContext;
  readonly #requests = new Map<number, RequestState>();
  readonly #deadlines: DeadlineTimer;
  #lastId = 0;

  constructor(context: SessionContext) {
    this.#context = context;
    this.#deadlines = new DeadlineTimer(context.clock, (nowMs) => this.#expire(nowMs));
  }

  get size(): number {
    return this.#requests.size;
  }

  onRequest(id: number, body: Uint8Array, isLast: boolean): SessionFault | undefined {
    if (id > this.#lastId) {
      this.#lastId = id;
      return this.#begin(id, body, isLast);
    }
    const request = this.#requests.get(id);
    // Refused or given up before its body was complete: the rest was already under way.
    if (request === undefined) return undefined;
    if (request.kind === "running") return violation("a request goes on after its end");
    return this.#continue(id, request, body, isLast);
  }

  onCancel(id: number): SessionFault | undefined {
    if (id > this.#lastId) return violation("a cancel of no request");
    const request = this.#requests.get(id);
    if (request !== undefined) this.#giveUp(id, request, new AspenError("timeout", "the caller gave up"));
    return undefined;
  }

  endAll(error: AspenError): void {
    this.#deadlines.stop();
    for (const [id, request] of this.#requests) this.#giveUp(id, request, error);
  }

  #begin(id: number, body: Uint8Array, isLast: boolean): SessionFault | undefined {
    const { cursor, clock, limits } = this.#context;
    cursor.reset(body);
    const protocolNumber = cursor.varint();
    const timeoutMs = cursor.varint();
    if (protocolNumber < 0 || timeoutMs < 0) return violation("a request's header is malformed");
    const fragment = cursor.rest();
    const admission = admit(this.#context, protocolNumber, "request", requestHandlerOf);
    if (admission.kind === "violation") return admission;
    if (admission.kind === "refused") return this.#refuse(id, admission.error);
    if (this.#requests.size >= limits.incomingRequestsMax) {
      return this.#refuse(id, queueFull("requests", limits.incomingRequestsMax));
    }
    const { protocol, handler } = admission;
    const expiresAtMs = clock.nowMs() + timeoutMs;
    this.#deadlines.ensure(expiresAtMs);
    if (!isLast) {
      const request: ReceivingRequest = {
        kind: "receiving",
        protocol,
        handler,
        expiresAtMs,
        assembly: new BodyAssembly(),
      };
      this.#requests.set(id, request);
      return this.#continue(id, request, fragment, isLast);
    }
    if (!this.#context.incomingBytes.tryTake(fragment.byteLength)) return this.#refuseBytes(id);
    this.#run(id, protocol, handler, expiresAtMs, copiedBytes(fragment));
    return undefined;
  }

  #continue(id: number, request: ReceivingRequest, body: Uint8Array, isLast: boolean): SessionFault | undefined {
    const { limits, incomingBytes } = this.#context;
    if (request.assembly.byteLength + body.byteLength > limits.bodyBytesMax) {
      return violation("a request is too large");
    }
    if (!incomingBytes.tryTake(body.byteLength)) {
      this.#drop(id, request.assembly.byteLength);
      return this.#refuseBytes(id);
    }
    request.assembly.add(body);
    if (isLast) this.#run(id, request.protocol, request.handler, request.expiresAtMs, request.assembly.body());
    return undefined;
  }

  #run(id: number, protocol: string, handler: RequestHandler, expiresAtMs: number, body: Uint8Array): void {
    const served = new ServedRequest(this.#context.peerId, body);
    this.#requests.set(id, { kind: "running", protocol, expiresAtMs, served });
    let answer: Promise<Uint8Array>;
    try {
      answer = handler(served);
    } catch (error) {
      this.#fail(id, served, protocol, error);
      return;
    }
    answer.then(
      (response) => this.#respond(id, served, protocol, response),
      (error: unknown) => this.#fail(id, served, protocol, error),
    );
  }

  #respond(id: number, served: ServedRequest, protocol: string, body: Uint8Array): void {
    if (!(body instanceof Uint8Array)) {
      this.#fail(id, served, protocol, new TypeError("a request handler answers with bytes"));
      return;
    }
    this.#drop(id, served.body.byteLength);
    if (served.isGivenUp) return;
    const { limits, queue } = this.#context;
    if (body.byteLength > limits.bodyBytesMax) {
      this.#refuse(id, tooLarge("a response", body.byteLength, limits.bodyBytesMax));
    } else if (!queue.hasRoom(body.byteLength)) {
      this.#refuse(id, queueFull("bytes queued", limits.outgoingBytesMax));
    } else if (body.byteLength <= limits.fragmentBytesMax) {
      queue.write(FRAME_KINDS.response, id, body);
    } else {
      queue.openLane().push({ partKind: FRAME_KINDS.responsePart, finalKind: FRAME_KINDS.response, id, body });
    }
  }

  #fail(id: number, served: ServedRequest, protocol: string, error: unknown): void {
    this.#drop(id, served.body.byteLength);
    const answer = errorOfHandler(error, this.#context.logger, protocol);
    if (!served.isGivenUp) this.#refuse(id, answer);
  }

  #expire(nowMs: number): number | undefined {
    let nextMs: number | undefined;
    for (const [id, request] of this.#requests) {
      if (request.kind === "running" && request.served.isGivenUp) continue;
      if (request.expiresAtMs <= nowMs) this.#giveUp(id, request, deadlinePassed());
      else if (nextMs === undefined || request.expiresAtMs < nextMs) nextMs = request.expiresAtMs;
    }
    return nextMs;
  }

  /** A handler that runs keeps its place until it is done, so that the bound counts what really runs. */
  #giveUp(id: number, request: RequestState, error: AspenError): void {
    if (request.kind === "running") request.served.giveUp(error);
    else this.#drop(id, request.assembly.byteLength);
  }

  #drop(id: number, bodyBytes: number): void {
    this.#requests.delete(id);
    this.#context.incomingBytes.giveBack(bodyBytes);
  }

  #refuseBytes(id: number): undefined {
    const { limits, incomingBytes } = this.#context;
    const isTrusted = incomingBytes.bytesMax === limits.incomingBytesMax;
    return this.#refuse(id, isTrusted ? queueFull("bytes received", limits.incomingBytesMax) : notVouchedFor());
  }

  #refuse(id: number, error: AspenError): undefined {
    this.#context.queue.writeControl(FRAME_KINDS.error, id, encodeWireError(error));
    return undefined;
  }
}
