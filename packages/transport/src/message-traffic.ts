/** One-way messages in both directions. In order per protocol; invariants M1 to M3 of SPEC.md. */
import type { PeerId, ProtocolHandlers, SendOutcome } from "@aspenjs/api";
import { BodyAssembly } from "./body-assembly.ts";
import { copiedBytes } from "./copied-bytes.ts";
import { FRAME_KINDS } from "./frame-kind.ts";
import type { OutgoingLane } from "./outgoing-lane.ts";
import { admit, type SessionContext } from "./session-context.ts";
import { violation, type SessionFault } from "./session-fault.ts";
import { tooLarge } from "./transport-error.ts";

type MessageHandler = (peerId: PeerId, body: Uint8Array) => void;

type PartialMessage =
  | { readonly kind: "receiving"; readonly assembly: BodyAssembly; lastFragmentAtMs: number }
  /** Refused, or without room: its remaining fragments are let by. */
  | { readonly kind: "skipped" };

const SKIPPED: PartialMessage = { kind: "skipped" };

const messageHandlerOf = (handlers: ProtocolHandlers): MessageHandler | undefined => handlers.onMessage;

export class MessageTraffic {
  readonly #context: SessionContext;
  readonly #lanes = new Map<number, OutgoingLane>();
  readonly #partial = new Map<number, PartialMessage>();

  constructor(context: SessionContext) {
    this.#context = context;
  }

  send(protocol: string, body: Uint8Array): SendOutcome {
    const { limits, queue, outgoingNames } = this.#context;
    if (body.byteLength > limits.bodyBytesMax) throw tooLarge("a message", body.byteLength, limits.bodyBytesMax);
    if (!queue.hasRoom(body.byteLength)) return "overloaded";
    const number = outgoingNames.numberOf(protocol);
    if (number === undefined) return "overloaded";
    const lane = this.#lanes.get(number);
    if (body.byteLength <= limits.fragmentBytesMax && (lane === undefined || lane.isEmpty)) {
      queue.write(FRAME_KINDS.message, number, body);
      return "queued";
    }
    // A small message behind a big one of its protocol must not overtake it. The caller may use its bytes again.
    this.#laneOf(number, lane).push({
      partKind: FRAME_KINDS.messagePart,
      finalKind: FRAME_KINDS.message,
      id: number,
      body: copiedBytes(body),
    });
    return "queued";
  }

  onMessage(number: number, fragment: Uint8Array, isLast: boolean): SessionFault | undefined {
    const admission = admit(this.#context, number, "message", messageHandlerOf);
    if (admission.kind === "violation") return admission;
    const partial = this.#partial.get(number);
    if (admission.kind === "refused") {
      this.#forget(number, partial, isLast);
      return undefined;
    }
    if (isLast && partial === undefined) {
      this.#deliver(admission.protocol, admission.handler, copiedBytes(fragment));
      return undefined;
    }
    const fault = this.#addFragment(number, partial, fragment);
    if (fault !== undefined || !isLast) return fault;
    const whole = this.#partial.get(number);
    this.#forget(number, whole, isLast);
    if (whole?.kind === "receiving") this.#deliver(admission.protocol, admission.handler, whole.assembly.body());
    return undefined;
  }

  /** Whether a message's next fragment has been missing for too long. */
  isStalled(nowMs: number): boolean {
    for (const partial of this.#partial.values()) {
      if (partial.kind === "receiving" && nowMs - partial.lastFragmentAtMs > this.#context.limits.frameTimeoutMs) {
        return true;
      }
    }
    return false;
  }

  endAll(): void {
    for (const [number, partial] of this.#partial) this.#forget(number, partial, true);
  }

  #laneOf(number: number, known: OutgoingLane | undefined): OutgoingLane {
    const lane = known ?? this.#context.queue.openLane();
    this.#lanes.set(number, lane);
    return lane;
  }

  #addFragment(number: number, partial: PartialMessage | undefined, fragment: Uint8Array): SessionFault | undefined {
    if (partial?.kind === "skipped") return undefined;
    const { limits, incomingBytes, clock, refusals, peerId } = this.#context;
    const receiving = partial ?? { kind: "receiving", assembly: new BodyAssembly(), lastFragmentAtMs: 0 };
    if (receiving.assembly.byteLength + fragment.byteLength > limits.bodyBytesMax) {
      return violation("a message is too large");
    }
    if (!incomingBytes.tryTake(fragment.byteLength)) {
      refusals.refused(peerId, "message", "resource_exhausted");
      this.#forget(number, receiving, false);
      return undefined;
    }
    receiving.assembly.add(fragment);
    receiving.lastFragmentAtMs = clock.nowMs();
    this.#partial.set(number, receiving);
    return undefined;
  }

  #forget(number: number, partial: PartialMessage | undefined, isLast: boolean): void {
    if (partial?.kind === "receiving") this.#context.incomingBytes.giveBack(partial.assembly.byteLength);
    if (isLast) this.#partial.delete(number);
    else this.#partial.set(number, SKIPPED);
  }

  #deliver(protocol: string, handler: MessageHandler, body: Uint8Array): void {
    try {
      handler(this.#context.peerId, body);
    } catch (error) {
      // The contract says that it must not throw; one message's bug must not end a node, and must not be silent.
      this.#context.logger.log("error", "a message handler threw", { protocol, error });
    }
  }
}
