/**
 * Every session of an endpoint, and which one counts for each peer. Invariants P3 to P6 of SPEC.md: at most one open
 * session per peer; of two, the peer with the lower id keeps the newer one, unless two dials have just crossed.
 */
import { AspenError, type PeerEvent, type PeerId } from "@aspenjs/api";
import { isSameInstance, type Hello } from "./hello.ts";
import type { SessionLink } from "./session-link.ts";
import { Session, type SessionEnvironment } from "./session.ts";
import { forbidden } from "./transport-error.ts";

/** Hears the fate of every session: who dialled waits for it. */
export interface SessionWatcher {
  onOpened(session: Session): void;
  onEnded(session: Session, error: AspenError): void;
}

export class PeerSessions {
  readonly #environment: SessionEnvironment;
  readonly #emit: (event: PeerEvent) => void;
  readonly #all = new Set<Session>();
  readonly #open = new Map<PeerId, Session>();
  #watcher: SessionWatcher | undefined;
  #isStopped = false;

  constructor(environment: SessionEnvironment, emit: (event: PeerEvent) => void) {
    this.#environment = environment;
    this.#emit = emit;
  }

  watch(watcher: SessionWatcher): void {
    this.#watcher = watcher;
  }

  get connectedPeers(): readonly PeerId[] {
    return [...this.#open.keys()].toSorted();
  }

  open(peerId: PeerId): Session | undefined {
    return this.#open.get(peerId);
  }

  /** Starts a session over a new link, or refuses the link. */
  adopt(link: SessionLink): Session | undefined {
    const { gate, refusals } = this.#environment;
    if (this.#isStopped || !this.#hasRoom(link.peerId)) {
      if (!this.#isStopped) refusals.refused(link.peerId, "connection", "resource_exhausted");
      link.close();
      return undefined;
    }
    const session = new Session(link, this.#environment, this);
    this.#all.add(session);
    session.start();
    if (!gate.mayConnect(link.peerId)) {
      refusals.refused(link.peerId, "connection", "forbidden");
      session.end(forbidden());
    }
    return session;
  }

  stop(): void {
    this.#isStopped = true;
    const error = new AspenError("shutting_down", "shutting down");
    for (const session of [...this.#all]) session.end(error, "shutting_down");
  }

  onGreeted(session: Session, hello: Hello): void {
    const existing = this.#open.get(session.peerId);
    if (existing !== undefined && this.#isCrossing(existing, session, hello)) {
      session.end(new AspenError("conflict", "another session with this peer has just been opened"));
      return;
    }
    // The peer would not have dialled had it still held the old one: whatever we believe, the old one is dead.
    existing?.end(new AspenError("conflict", "replaced by a newer session"));
    session.accept();
  }

  onOpened(session: Session): void {
    const existing = this.#open.get(session.peerId);
    existing?.end(new AspenError("conflict", "replaced by a newer session"));
    this.#open.set(session.peerId, session);
    this.#environment.logger.log("info", "connected", { peerId: session.peerId, isDialer: session.isDialer });
    this.#watcher?.onOpened(session);
    this.#emit({ kind: "connected", peerId: session.peerId });
  }

  onEnded(session: Session, error: AspenError): void {
    this.#all.delete(session);
    const wasOpen = this.#open.get(session.peerId) === session;
    if (wasOpen) this.#open.delete(session.peerId);
    this.#environment.logger.log("info", "session ended", { peerId: session.peerId, wasOpen, reason: error.message });
    this.#watcher?.onEnded(session, error);
    if (wasOpen) this.#emit({ kind: "disconnected", peerId: session.peerId });
  }

  #isCrossing(existing: Session, session: Session, hello: Hello): boolean {
    const { clock, limits } = this.#environment;
    return (
      existing.isDialer !== session.isDialer &&
      isSameInstance(existing.peerHello, hello) &&
      clock.nowMs() - existing.openedAtMs < limits.crossingDialsMs
    );
  }

  #hasRoom(peerId: PeerId): boolean {
    const { limits } = this.#environment;
    if (this.#all.size >= limits.connectionsMax) return false;
    let handshakes = 0;
    let handshakesOfPeer = 0;
    for (const session of this.#all) {
      if (session.kind === "open") continue;
      handshakes += 1;
      if (session.peerId === peerId) handshakesOfPeer += 1;
    }
    return handshakes < limits.handshakesMax && handshakesOfPeer < limits.handshakesPerPeerMax;
  }
}
