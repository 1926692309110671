/** Requests that this side made and that wait for their answer. Invariants C1 to C4 of SPEC.md. */
import type { AspenError, RequestOptions } from "@aspenjs/api";
import { BodyAssembly } from "./body-assembly.ts";
import { copiedBytes } from "./copied-bytes.ts";
import { DeadlineTimer } from "./deadline-timer.ts";
import { FRAME_KINDS } from "./frame-kind.ts";
import type { OutgoingLane } from "./outgoing-lane.ts";
import type { SessionContext } from "./session-context.ts";
import { violation, type SessionFault } from "./session-fault.ts";
import { callerGaveUp, deadlinePassed, queueFull, tooLarge } from "./transport-error.ts";
import { decodeWireError } from "./wire-error.ts";

interface OutgoingCall {
  readonly expiresAtMs: number;
  /** What of a big body still waits to be sent. */
  readonly lane: OutgoingLane | undefined;
  /** What of a big answer has arrived. */
  readonly answer: BodyAssembly;
  readonly resolve: (body: Uint8Array) => void;
  readonly reject: (error: AspenError) => void;
  readonly stopListening: (() => void) | undefined;
}

export class OutgoingCalls {
  readonly #context: SessionContext;
  readonly #calls = new Map<number, OutgoingCall>();
  readonly #deadlines: DeadlineTimer;
  #lastId = 0;

  constructor(context: SessionContext) {
    this.#context = context;
    this.#deadlines = new DeadlineTimer(context.clock, (nowMs) => this.#expire(nowMs));
  }

  get size(): number {
    return this.#calls.size;
  }

  request(protocol: string, body: Uint8Array, options: RequestOptions): Promise<Uint8Array> {
    const { limits, queue, outgoingNames } = this.#context;
    if (options.signal?.aborted === true) return Promise.reject(callerGaveUp(options.signal));
    if (body.byteLength > limits.bodyBytesMax) {
      return Promise.reject(tooLarge("a request", body.byteLength, limits.bodyBytesMax));
    }
    if (this.#calls.size >= limits.outgoingRequestsMax) {
      return Promise.reject(queueFull("requests", limits.outgoingRequestsMax));
    }
    const number = queue.hasRoom(body.byteLength) ? outgoingNames.numberOf(protocol) : undefined;
    if (number === undefined) return Promise.reject(queueFull("bytes queued", limits.outgoingBytesMax));
    return new Promise((resolve, reject) => {
      const id = this.#lastId + 1;
      this.#lastId = id;
      const lane = this.#write(id, number, body, options.deadlineMs);
      const expiresAtMs = this.#context.clock.nowMs() + options.deadlineMs;
      const stopListening = options.signal === undefined ? undefined : this.#listen(id, options.signal);
      this.#calls.set(id, { expiresAtMs, lane, answer: new BodyAssembly(), resolve, reject, stopListening });
      this.#deadlines.ensure(expiresAtMs);
    });
  }

  onResponse(id: number, fragment: Uint8Array, isLast: boolean): SessionFault | undefined {
    const call = this.#calls.get(id);
    if (call === undefined) return this.#checkKnown(id);
    const { limits, incomingBytes } = this.#context;
    const { answer } = call;
    if (answer.byteLength + fragment.byteLength > limits.bodyBytesMax) return violation("a response is too large");
    if (isLast && answer.byteLength === 0) {
      this.#remove(id, call);
      call.resolve(copiedBytes(fragment));
      return undefined;
    }
    if (!incomingBytes.tryTake(fragment.byteLength)) {
      this.#giveUp(id, call, queueFull("bytes received", limits.incomingBytesMax));
      return undefined;
    }
    answer.add(fragment);
    if (!isLast) return undefined;
    this.#remove(id, call);
    call.resolve(answer.body());
    return undefined;
  }

  onError(id: number, body: Uint8Array): SessionFault | undefined {
    const error = decodeWireError(body);
    if (error === undefined) return violation("an error is malformed");
    const call = this.#calls.get(id);
    if (call === undefined) return this.#checkKnown(id);
    this.#remove(id, call);
    call.reject(error);
    return undefined;
  }

  endAll(error: AspenError): void {
    this.#deadlines.stop();
    for (const [id, call] of this.#calls) {
      this.#remove(id, call);
      call.reject(error);
    }
  }

  /** The first fragment goes at once, so that requests start in the order of their ids; the rest takes turns. */
  #write(id: number, number: number, body: Uint8Array, deadlineMs: number): OutgoingLane | undefined {
    const { limits, queue } = this.#context;
    const timeoutMs = Math.max(1, Math.ceil(deadlineMs));
    if (body.byteLength <= limits.fragmentBytesMax) {
      queue.write(FRAME_KINDS.request, id, body, number, timeoutMs);
      return undefined;
    }
    queue.write(FRAME_KINDS.requestPart, id, body.subarray(0, limits.fragmentBytesMax), number, timeoutMs);
    const lane = queue.openLane();
    const rest = body.subarray(limits.fragmentBytesMax);
    lane.push({ partKind: FRAME_KINDS.requestPart, finalKind: FRAME_KINDS.request, id, body: rest });
    return lane;
  }

  #listen(id: number, signal: AbortSignal): () => void {
    const onAbort = (): void => {
      const call = this.#calls.get(id);
      if (call !== undefined) this.#giveUp(id, call, callerGaveUp(signal));
    };
    signal.addEventListener("abort", onAbort, { once: true });
    return () => signal.removeEventListener("abort", onAbort);
  }

  #expire(nowMs: number): number | undefined {
    let nextMs: number | undefined;
    for (const [id, call] of this.#calls) {
      if (call.expiresAtMs <= nowMs) this.#giveUp(id, call, deadlinePassed());
      else if (nextMs === undefined || call.expiresAtMs < nextMs) nextMs = call.expiresAtMs;
    }
    return nextMs;
  }

  #giveUp(id: number, call: OutgoingCall, error: AspenError): void {
    this.#remove(id, call);
    this.#context.queue.writeControl(FRAME_KINDS.cancel, id);
    call.reject(error);
  }

  #remove(id: number, call: OutgoingCall): void {
    this.#calls.delete(id);
    call.stopListening?.();
    if (call.lane !== undefined) this.#context.queue.clearLane(call.lane);
    this.#context.incomingBytes.giveBack(call.answer.byteLength);
  }

  /** An answer to a request that was given up crosses with our cancel; one that was never asked for is a fault. */
  #checkKnown(id: number): SessionFault | undefined {
    return id >= 1 && id <= this.#lastId ? undefined : violation("an answer to no request");
  }
}
