/**
 * One session with one peer over one link: the greeting, who decides that it counts, the traffic, and its end.
 * Synchronous; time and writing come in as `Clock` and `SessionLink`.
 *
 *   greeting ──hello──▶ greeted ──accept──▶ open ──▶ ended
 *
 * Of two peers the one with the lower id decides which session counts: it sends `accept`, and the other side waits
 * for that (P1 to P6 of SPEC.md). Whatever goes wrong on the way leads to `ended`, once, and takes everything in flight
 * along in the same instant (F3). An open session looks after its signs of life at every tick (F1, F2).
 */
import {
  AspenError,
  assert,
  type CancelTimer,
  type Clock,
  type Logger,
  type PeerGate,
  type PeerId,
} from "@aspenjs/api";
import { ByteBudget } from "./byte-budget.ts";
import { ByteCursor } from "./byte-cursor.ts";
import { FrameDecoder } from "./frame-decoder.ts";
import { FRAME_KINDS, PROTOCOL_VERSION, type FrameKind } from "./frame-kind.ts";
import { decodeHello, encodeHello, type Hello } from "./hello.ts";
import type { TransportLimits } from "./limits.ts";
import { OutgoingQueue } from "./outgoing-queue.ts";
import { IncomingProtocolNames, OutgoingProtocolNames } from "./protocol-names.ts";
import type { ProtocolRegistry } from "./protocol-registry.ts";
import type { RefusalLog } from "./refusal-log.ts";
import { violation, type SessionFault } from "./session-fault.ts";
import type { SessionLink } from "./session-link.ts";
import { SessionTraffic } from "./session-traffic.ts";
import { connectionLost } from "./transport-error.ts";
import { decodeWireError, encodeWireError } from "./wire-error.ts";

/** What the sessions of one endpoint have in common. */
export interface SessionEnvironment {
  readonly localPeerId: PeerId;
  readonly hello: Hello;
  readonly limits: TransportLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly gate: PeerGate;
  readonly registry: ProtocolRegistry;
  readonly refusals: RefusalLog;
  /** For the bodies that all of them have received and not done with. */
  readonly incomingBytes: ByteBudget;
}

/** What the endpoint hears from a session, synchronously and in this order. */
export interface SessionObserver {
  /** Only where this side decides: answer with `accept` or `end`. */
  onGreeted(session: Session, hello: Hello): void;
  onOpened(session: Session): void;
  onEnded(session: Session, error: AspenError): void;
}

type SessionState =
  | { readonly kind: "greeting"; readonly cancelTimer: CancelTimer }
  | { readonly kind: "greeted"; readonly cancelTimer: CancelTimer; readonly hello: Hello }
  | {
      readonly kind: "open";
      readonly cancelTick: CancelTimer;
      readonly hello: Hello;
      readonly openedAtMs: number;
      readonly traffic: SessionTraffic;
    }
  | { readonly kind: "ended"; readonly error: AspenError };

const AFTER_THE_END: SessionFault = violation("the session has ended");

export class Session {
  readonly peerId: PeerId;
  readonly isDialer: boolean;
  readonly #environment: SessionEnvironment;
  readonly #observer: SessionObserver;
  readonly #link: SessionLink;
  readonly #queue: OutgoingQueue;
  readonly #decoder: FrameDecoder;
  #state: SessionState;
  #hasHeard = true;
  #silentTicks = 0;
  /** Frames decoded when the last tick found one incomplete, and for how many ticks that has been so. */
  #stalledAtFrame = -1;
  #stalledTicks = 0;

  constructor(link: SessionLink, environment: SessionEnvironment, observer: SessionObserver) {
    this.peerId = link.peerId;
    this.isDialer = link.isDialer;
    this.#link = link;
    this.#environment = environment;
    this.#observer = observer;
    const { clock, limits } = environment;
    this.#queue = new OutgoingQueue(link, clock, limits, () => this.#onOverflow());
    this.#decoder = new FrameDecoder(limits.handshakeFrameBytesMax, this.#onFrame);
    const cancelTimer = clock.setTimer(limits.handshakeTimeoutMs, () => this.#onHandshakeTimeout());
    this.#state = { kind: "greeting", cancelTimer };
  }

  /** Greets. Apart from the constructor, so that the endpoint knows the session before it hears from it. */
  start(): void {
    this.#queue.write(FRAME_KINDS.hello, PROTOCOL_VERSION, encodeHello(this.#environment.hello));
    this.#link.attach({
      onData: (bytes) => this.#onData(bytes),
      onWritable: () => this.#queue.onWritable(),
      onClosed: () => this.#end(connectionLost(), "unavailable", "silently"),
    });
  }

  /** Whether this side decides which of two sessions counts. */
  get isDecider(): boolean {
    return this.#environment.localPeerId < this.peerId;
  }

  get kind(): SessionState["kind"] {
    return this.#state.kind;
  }

  /** Of an open session. */
  get traffic(): SessionTraffic {
    assert(this.#state.kind === "open", "only an open session has traffic");
    return this.#state.traffic;
  }

  get openedAtMs(): number {
    assert(this.#state.kind === "open", "only an open session was opened");
    return this.#state.openedAtMs;
  }

  get peerHello(): Hello {
    assert(this.#state.kind === "open", "only an open session knows its peer");
    return this.#state.hello;
  }

  /** Of an ended session. */
  get endedWith(): AspenError {
    assert(this.#state.kind === "ended", "only an ended session has ended with something");
    return this.#state.error;
  }

  accept(): void {
    assert(this.#state.kind === "greeted" && this.isDecider, "the decider accepts a session that was greeted");
    this.#queue.write(FRAME_KINDS.accept, 0);
    this.#open();
  }

  /** Says why and closes. What is under way rejects with `inFlight`. */
  end(error: AspenError, inFlight: "unavailable" | "shutting_down" = "unavailable"): void {
    this.#end(error, inFlight, "with goodbye");
  }

  #onData(bytes: Uint8Array): void {
    if (this.#state.kind === "ended") return;
    this.#hasHeard = true;
    const fault = this.#decoder.push(bytes);
    if (fault === undefined || fault === AFTER_THE_END) return;
    this.#environment.refusals.refused(this.peerId, fault.message, "invalid_request");
    this.end(new AspenError("invalid_request", fault.message));
  }

  readonly #onFrame = (kind: FrameKind, id: number, body: Uint8Array): SessionFault | undefined => {
    const fault = this.#dispatch(kind, id, body);
    // Whatever handled the frame may have ended the session: nothing behind it counts.
    return this.kind === "ended" ? AFTER_THE_END : fault;
  };

  #dispatch(kind: FrameKind, id: number, body: Uint8Array): SessionFault | undefined {
    switch (kind) {
      case FRAME_KINDS.goodbye:
        return this.#onGoodbye(body);
      case FRAME_KINDS.hello:
        return this.#onHello(id, body);
      case FRAME_KINDS.accept:
        return this.#onAccept(body);
      case FRAME_KINDS.ping:
        if (body.byteLength > 0 || this.#state.kind === "greeting") return violation("a ping out of place");
        this.#queue.writeControl(FRAME_KINDS.pong, id);
        return undefined;
      case FRAME_KINDS.pong:
        return body.byteLength === 0 ? undefined : violation("a pong has no body");
      default:
        if (this.#state.kind !== "open") return violation("traffic before the session is open");
        return this.#state.traffic.onFrame(kind, id, body);
    }
  }

  #onHello(version: number, body: Uint8Array): SessionFault | undefined {
    if (this.#state.kind !== "greeting") return violation("a second hello");
    if (version !== PROTOCOL_VERSION) {
      const details = { version: PROTOCOL_VERSION, offered: version };
      this.end(new AspenError("unsupported", "no common protocol version", { details }));
      return undefined;
    }
    const hello = decodeHello(body);
    if (hello === undefined) return violation("a hello is malformed");
    this.#decoder.setFrameBytesMax(this.#environment.limits.frameBytesMax);
    this.#state = { kind: "greeted", cancelTimer: this.#state.cancelTimer, hello };
    if (this.isDecider) this.#observer.onGreeted(this, hello);
    return undefined;
  }

  #onAccept(body: Uint8Array): SessionFault | undefined {
    if (this.#state.kind !== "greeted" || this.isDecider || body.byteLength > 0) {
      return violation("an accept out of place");
    }
    this.#open();
    return undefined;
  }

  #onGoodbye(body: Uint8Array): SessionFault | undefined {
    const error = decodeWireError(body);
    if (error === undefined) return violation("an error is malformed");
    this.#end(error, "unavailable", "silently");
    return undefined;
  }

  #open(): void {
    assert(this.#state.kind === "greeted", "a session opens once both sides have greeted");
    const { hello, cancelTimer } = this.#state;
    cancelTimer();
    const { clock } = this.#environment;
    const traffic = this.#createTraffic();
    this.#state = { kind: "open", cancelTick: this.#startTick(), hello, openedAtMs: clock.nowMs(), traffic };
    this.#observer.onOpened(this);
  }

  #createTraffic(): SessionTraffic {
    const { limits, clock, logger, gate, refusals, registry, incomingBytes } = this.#environment;
    const heldBytesMax = (): number => gate.heldBytesMax?.(this.peerId) ?? limits.incomingBytesMax;
    return new SessionTraffic({
      peerId: this.peerId,
      isDialer: this.isDialer,
      limits,
      clock,
      logger: logger.child({ peerId: this.peerId }),
      gate,
      refusals,
      queue: this.#queue,
      outgoingNames: new OutgoingProtocolNames(this.#queue, limits),
      incomingNames: new IncomingProtocolNames(registry, limits),
      incomingBytes: new ByteBudget(() => Math.min(heldBytesMax(), limits.incomingBytesMax), incomingBytes),
      cursor: new ByteCursor(),
    });
  }

  #startTick(): CancelTimer {
    return this.#environment.clock.setTimer(this.#environment.limits.sessionTickMs, () => this.#tick());
  }

  /**
   * F2: silence is counted in ticks in which nothing was heard, not in time that passed: an event loop of ours that was
   * blocked for long counts as one tick, and the peer is not blamed for it.
   */
  #tick(): void {
    if (this.#state.kind !== "open") return;
    const { limits, clock } = this.#environment;
    this.#silentTicks = this.#hasHeard ? 0 : this.#silentTicks + 1;
    this.#hasHeard = false;
    const silentMs = this.#silentTicks * limits.sessionTickMs;
    if (silentMs >= limits.silenceMaxMs) {
      this.end(new AspenError("unavailable", "the peer was silent for too long"));
      return;
    }
    if (this.#hasStalledFrame() || this.#state.traffic.isStalled(clock.nowMs())) {
      this.end(new AspenError("timeout", "a frame was not completed in time"));
      return;
    }
    if (silentMs >= limits.pingAfterMs) this.#queue.writeControl(FRAME_KINDS.ping, this.#silentTicks);
    this.#state = { ...this.#state, cancelTick: this.#startTick() };
  }

  /** F1: the same frame, incomplete for too many ticks. What dribbles in meanwhile changes nothing. */
  #hasStalledFrame(): boolean {
    const { framesDecoded, isMidFrame } = this.#decoder;
    const isSameFrame = isMidFrame && framesDecoded === this.#stalledAtFrame;
    this.#stalledTicks = isSameFrame ? this.#stalledTicks + 1 : 0;
    this.#stalledAtFrame = isMidFrame ? framesDecoded : -1;
    return this.#stalledTicks * this.#environment.limits.sessionTickMs >= this.#environment.limits.frameTimeoutMs;
  }

  #onHandshakeTimeout(): void {
    this.end(new AspenError("timeout", "the handshake was not completed in time"));
  }

  #onOverflow(): void {
    this.end(new AspenError("resource_exhausted", "the peer does not read its answers"));
  }

  #end(error: AspenError, inFlight: "unavailable" | "shutting_down", how: "with goodbye" | "silently"): void {
    const state = this.#state;
    if (state.kind === "ended") return;
    this.#state = { kind: "ended", error };
    if (state.kind === "open") state.cancelTick();
    else state.cancelTimer();
    if (how === "with goodbye") this.#queue.close(FRAME_KINDS.goodbye, encodeWireError(error));
    else this.#queue.discard();
    if (state.kind === "open") {
      const lost = inFlight === "shutting_down" ? new AspenError(inFlight, "shutting down") : connectionLost(error);
      state.traffic.endAll(lost);
    }
    this.#link.close();
    this.#observer.onEnded(this, error);
  }
}
