import { AspenError, assert, type Clock, type PeerId, type RequestOptions } from "@aspenjs/api";
import type { TransportLimits } from "./limits.ts";
import type { PeerSessions } from "./peer-sessions.ts";
import type { SessionBackend } from "./session-backend.ts";
import type { Session } from "./session.ts";
import { callerGaveUp, deadlinePassed } from "./transport-error.ts";

interface RunningDial {
  readonly address: string;
  readonly result: Promise<PeerId>;
}

/** A dial whose link stands: it waits for its session, or for another one with the same peer, to open. */
interface WaitingDial {
  readonly session: Session;
  readonly resolve: (peerId: PeerId) => void;
  readonly reject: (error: AspenError) => void;
}

/** Turns addresses into open sessions. Calls for one address share one dial; each keeps its own deadline. */
export class PeerDialer {
  readonly #backend: SessionBackend;
  readonly #sessions: PeerSessions;
  readonly #clock: Clock;
  readonly #limits: TransportLimits;
  readonly #dials = new Map<string, RunningDial>();
  readonly #controllers = new Set<AbortController>();
  readonly #waiting = new Set<WaitingDial>();
  /** Who answered where, for addresses that name no peer. Only of peers that are connected. */
  readonly #answered = new Map<string, PeerId>();

  constructor(backend: SessionBackend, sessions: PeerSessions, clock: Clock, limits: TransportLimits) {
    this.#backend = backend;
    this.#sessions = sessions;
    this.#clock = clock;
    this.#limits = limits;
    sessions.watch(this);
  }

  connect(address: string, expected: PeerId | undefined, options: RequestOptions): Promise<PeerId> {
    const { signal, deadlineMs } = options;
    if (signal?.aborted === true) return Promise.reject(callerGaveUp(signal));
    const known = expected ?? this.#answered.get(address);
    if (known !== undefined && this.#sessions.open(known) !== undefined) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => settle(() => signal !== undefined && reject(callerGaveUp(signal)));
      const cancelTimer = this.#clock.setTimer(deadlineMs, () => settle(() => reject(deadlinePassed())));
      const settle = (finish: () => void): void => {
        cancelTimer();
        signal?.removeEventListener("abort", onAbort);
        finish();
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.dial(address, expected).then(
        (peerId) => settle(() => resolve(peerId)),
        (error: unknown) => settle(() => reject(error)),
      );
    });
  }

  /** Ends by itself after `connectTimeoutMs`. One dial per peer at a time: two at once would only cross. */
  dial(address: string, expected: PeerId | undefined): Promise<PeerId> {
    const key = expected ?? address;
    const running = this.#dials.get(key);
    if (running === undefined) {
      const result = this.#run(address, expected).finally(() => this.#dials.delete(key));
      this.#dials.set(key, { address, result });
      return result;
    }
    if (running.address === address) return running.result;
    const again = (): Promise<PeerId> => this.dial(address, expected);
    return running.result.catch(again);
  }

  stop(): void {
    for (const controller of this.#controllers) controller.abort(new AspenError("shutting_down", "shutting down"));
  }

  onOpened(session: Session): void {
    for (const dial of this.#waiting) {
      if (dial.session.peerId === session.peerId) dial.resolve(session.peerId);
    }
  }

  onEnded(session: Session, error: AspenError): void {
    for (const [address, peerId] of this.#answered) if (peerId === session.peerId) this.#answered.delete(address);
    for (const dial of this.#waiting) {
      // The other side has kept another session: it opens here in a moment, or the deadline passes.
      if (dial.session === session && error.code !== "conflict") dial.reject(error);
    }
  }

  async #run(address: string, expected: PeerId | undefined): Promise<PeerId> {
    const controller = new AbortController();
    this.#controllers.add(controller);
    const cancelTimer = this.#clock.setTimer(this.#limits.connectTimeoutMs, () => controller.abort(deadlinePassed()));
    try {
      const link = await this.#backend.dial(address, expected, controller.signal);
      assert(expected === undefined || link.peerId === expected, "a backend dials the peer that it was asked for");
      const session = this.#sessions.adopt(link);
      if (session === undefined) throw new AspenError("resource_exhausted", "too many connections");
      const peerId = await this.#opened(session, controller.signal);
      if (this.#sessions.open(peerId) !== undefined && this.#answered.size < this.#limits.connectionsMax) {
        this.#answered.set(address, peerId);
      }
      return peerId;
    } finally {
      cancelTimer();
      this.#controllers.delete(controller);
    }
  }

  #opened(session: Session, signal: AbortSignal): Promise<PeerId> {
    if (this.#sessions.open(session.peerId) !== undefined) return Promise.resolve(session.peerId);
    if (session.kind === "ended") return Promise.reject(session.endedWith);
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        this.#waiting.delete(dial);
        signal.removeEventListener("abort", onAbort);
        finish();
      };
      const dial: WaitingDial = {
        session,
        resolve: (peerId) => settle(() => resolve(peerId)),
        reject: (error) => settle(() => reject(error)),
      };
      const onAbort = (): void => dial.reject(callerGaveUp(signal));
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.add(dial);
    });
  }
}
