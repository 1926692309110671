/**
 * One endpoint per node: every session of it, and the port that the rest of Aspen talks to. Which links exist is the
 * backend's affair; everything above bytes is decided here, and is the same for every backend.
 */
import {
  AspenError,
  SILENT_LOGGER,
  assert,
  type Clock,
  type Logger,
  type PeerAddress,
  type PeerEvent,
  type PeerGate,
  type PeerId,
  type ProtocolHandlers,
  type Random,
  type RequestOptions,
  type SendOutcome,
  type Transport,
  type TransportStream,
} from "@aspenjs/api";
import { ByteBudget } from "./byte-budget.ts";
import { INSTANCE_BYTES } from "./hello.ts";
import { resolveLimits, type TransportLimits } from "./limits.ts";
import { PeerDialer } from "./peer-dialer.ts";
import { PeerSessions } from "./peer-sessions.ts";
import { PeerSupervisor } from "./peer-supervisor.ts";
import { ProtocolRegistry } from "./protocol-registry.ts";
import { RefusalLog } from "./refusal-log.ts";
import type { SessionBackend } from "./session-backend.ts";
import type { SessionLoad } from "./session-traffic.ts";
import { notConnected } from "./transport-error.ts";

export interface EndpointOptions {
  readonly gate: PeerGate;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger | undefined;
  readonly limits?: Partial<TransportLimits> | undefined;
}

export class Endpoint implements Transport {
  readonly localPeerId: PeerId;
  readonly #backend: SessionBackend;
  readonly #limits: TransportLimits;
  readonly #logger: Logger;
  readonly #registry: ProtocolRegistry;
  readonly #sessions: PeerSessions;
  readonly #dialer: PeerDialer;
  readonly #supervisor: PeerSupervisor;
  readonly #listeners = new Set<(event: PeerEvent) => void>();
  #phase: "created" | "running" | "stopped" = "created";
  #stopping: Promise<void> | undefined;

  constructor(backend: SessionBackend, options: EndpointOptions) {
    const { gate, clock, random, logger = SILENT_LOGGER } = options;
    this.localPeerId = backend.localPeerId;
    this.#backend = backend;
    this.#limits = resolveLimits(options.limits);
    this.#logger = logger;
    this.#registry = new ProtocolRegistry(this.#limits);
    const refusals = new RefusalLog(clock, logger, this.#limits.refusalLinesPerSecondMax);
    this.#sessions = new PeerSessions(
      {
        localPeerId: this.localPeerId,
        hello: { instance: random.bytes(INSTANCE_BYTES) },
        limits: this.#limits,
        clock,
        logger,
        gate,
        registry: this.#registry,
        refusals,
        incomingBytes: new ByteBudget(() => this.#limits.incomingBytesTotalMax),
      },
      (event) => this.#onPeerEvent(event),
    );
    this.#dialer = new PeerDialer(backend, this.#sessions, clock, this.#limits);
    this.#supervisor = new PeerSupervisor({
      localPeerId: this.localPeerId,
      clock,
      random,
      logger,
      limits: this.#limits,
      isConnected: (peerId) => this.#sessions.open(peerId) !== undefined,
      connect: (address, peerId) => this.#dialer.dial(address, peerId),
    });
  }

  get addresses(): readonly string[] {
    return this.#backend.addresses;
  }

  get connectedPeers(): readonly PeerId[] {
    return this.#sessions.connectedPeers;
  }

  async start(): Promise<void> {
    assert(this.#phase === "created", "an endpoint is started once");
    this.#phase = "running";
    try {
      await this.#backend.start((link) => this.#sessions.adopt(link));
    } catch (cause) {
      throw new AspenError("unavailable", "cannot listen", { cause });
    }
    if (this.#phase === "running") this.#supervisor.start();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  handle(protocol: string, handlers: ProtocolHandlers): void {
    assert(this.#phase === "created", "protocols are handled before the endpoint starts");
    this.#registry.add(protocol, handlers);
  }

  async connect(address: string, options: RequestOptions): Promise<PeerId> {
    this.#assertRunning();
    const expected = this.#backend.peerIdOf(address);
    if (expected === this.localPeerId) throw new AspenError("invalid_request", "an endpoint does not dial itself");
    return this.#dialer.connect(address, expected, options);
  }

  setDesiredPeers(peers: readonly PeerAddress[]): void {
    this.#supervisor.setDesired(peers);
  }

  disconnect(peerId: PeerId): Promise<void> {
    this.#sessions.open(peerId)?.end(new AspenError("unavailable", "disconnected"));
    return Promise.resolve();
  }

  onPeerEvent(listener: (event: PeerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  send(peerId: PeerId, protocol: string, body: Uint8Array): SendOutcome {
    const session = this.#sessions.open(peerId);
    if (session === undefined) return "not_connected";
    return session.traffic.send(protocol, body);
  }

  request(peerId: PeerId, protocol: string, body: Uint8Array, options: RequestOptions): Promise<Uint8Array> {
    const session = this.#sessions.open(peerId);
    if (session === undefined) return Promise.reject(this.#whyNotConnected());
    return session.traffic.request(protocol, body, options);
  }

  openStream(peerId: PeerId, protocol: string, header: Uint8Array, options: RequestOptions): Promise<TransportStream> {
    const session = this.#sessions.open(peerId);
    if (session === undefined) return Promise.reject(this.#whyNotConnected());
    return session.traffic.openStream(protocol, header, options);
  }

  /** What is held for one peer right now; `undefined` when there is no session. */
  sessionLoad(peerId: PeerId): SessionLoad | undefined {
    return this.#sessions.open(peerId)?.traffic.load;
  }

  async #stop(): Promise<void> {
    const wasRunning = this.#phase === "running";
    this.#phase = "stopped";
    this.#supervisor.stop();
    this.#dialer.stop();
    this.#sessions.stop();
    if (wasRunning) await this.#backend.stop();
  }

  #onPeerEvent(event: PeerEvent): void {
    if (event.kind === "connected") this.#supervisor.onConnected(event.peerId);
    else this.#supervisor.onDisconnected(event.peerId);
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.#logger.log("error", "a peer event listener threw", { error });
      }
    }
  }

  #assertRunning(): void {
    if (this.#phase !== "running") throw this.#whyNotConnected();
  }

  #whyNotConnected(): AspenError {
    return this.#phase === "stopped" ? new AspenError("shutting_down", "shutting down") : notConnected();
  }
}
