/**
 * The network below real endpoints: connections made of two pipes, machines that can be reached or not. Sessions,
 * framing, redialling and limits above it are the code of production.
 *
 * Invariants:
 *   N1  What happens to a process on the network happens in an event of that process.
 *   N2  A connection keeps order and loses nothing but its end; what is lost on the way only comes later.
 */
import { AspenError, type PeerId } from "@aspenjs/api";
import type { SessionBackend, SessionLink } from "@aspenjs/transport";
import type { SimulatedProcess } from "../process/simulated-process.ts";
import type { SeededRandom } from "../random/seeded-random.ts";
import type { VirtualTime } from "../time/virtual-time.ts";
import { NetworkConditions } from "./network-conditions.ts";
import type { RouteQuality } from "./route.ts";
import { VirtualLink } from "./virtual-link.ts";
import { VirtualPipe } from "./virtual-pipe.ts";

/** One direction between two peers. */
export type Route = readonly [from: PeerId, to: PeerId];

interface Listener {
  readonly process: SimulatedProcess;
  readonly onLink: (link: SessionLink) => void;
}

interface Connection {
  readonly ends: readonly [VirtualEnd, VirtualEnd];
  readonly pipes: readonly [VirtualPipe, VirtualPipe];
}

interface VirtualEnd {
  readonly peerId: PeerId;
  readonly process: SimulatedProcess;
  readonly link: VirtualLink;
}

const ADDRESS_PREFIX = "/simulated/";

export class VirtualNetwork {
  readonly conditions: NetworkConditions;
  readonly #time: VirtualTime;
  readonly #listeners = new Map<PeerId, Listener>();
  readonly #connections = new Set<Connection>();

  constructor(time: VirtualTime, random: SeededRandom, quality: RouteQuality) {
    this.#time = time;
    this.conditions = new NetworkConditions(random, quality);
  }

  addressOf(peerId: PeerId): string {
    return ADDRESS_PREFIX + peerId;
  }

  /** What an endpoint of this process listens and dials with. */
  createBackend(process: SimulatedProcess, peerId: PeerId): SessionBackend {
    return {
      localPeerId: peerId,
      addresses: [this.addressOf(peerId)],
      start: (onLink) => {
        this.#listeners.set(peerId, { process, onLink });
        return Promise.resolve();
      },
      stop: () => {
        if (this.#listeners.get(peerId)?.process === process) this.#listeners.delete(peerId);
        return Promise.resolve();
      },
      peerIdOf,
      dial: (address, expected, signal) => this.#dial({ process, peerId, address, expected, signal }),
    };
  }

  /** The process has died. Whoever it was connected with learns so, unless the machine has no power to say it. */
  noteDeath(process: SimulatedProcess, isSaid: boolean): void {
    for (const [peerId, listener] of this.#listeners) if (listener.process === process) this.#listeners.delete(peerId);
    for (const { ends } of this.#connections) {
      for (const end of ends) if (end.process === process) end.link.abandon(isSaid);
    }
  }

  /** A machine that came back knows nothing of its old connections: the other ends learn so when they next write. */
  noteReturn(peerId: PeerId): void {
    for (const connection of this.#connections) {
      for (const [position, { peerId: own, link }] of connection.ends.entries()) {
        if (own !== peerId || !link.isClosed) continue;
        link.forget();
        this.#answerUnread(connection, position);
      }
    }
  }

  /** Breaks the connections between two peers; both sides learn so. */
  reset(left: PeerId, right: PeerId): void {
    for (const { ends } of this.#connections) {
      const peerIds = ends.map(({ peerId }) => peerId);
      if (peerIds.includes(left) && peerIds.includes(right)) for (const end of ends) this.#tell(end);
    }
  }

  /** Bytes stop on these routes; connections stay. A route that is cut twice flows again once both have ended. */
  cut(routes: readonly Route[]): () => void {
    const ends = routes.map(([from, to]) => this.conditions.stall(from, to));
    return () => {
      for (const end of ends) end();
      this.#resume();
    };
  }

  /** Connections break, unless they stand still already, and nothing gets through any more. */
  sever(routes: readonly Route[]): () => void {
    const { conditions } = this;
    for (const [from, to] of routes) if (!conditions.isStalled(from, to)) this.reset(from, to);
    const ends = routes.map(([from, to]) => conditions.refuse(from, to));
    const mend = this.cut(routes);
    return () => {
      for (const end of ends) end();
      mend();
    };
  }

  #resume(): void {
    for (const connection of this.#connections) {
      for (const pipe of connection.pipes) pipe.planArrival();
      for (const position of connection.ends.keys()) this.#answerUnread(connection, position);
    }
  }

  /** What comes in for a connection that is forgotten is answered by a reset, if both ways are open. */
  #answerUnread({ ends, pipes }: Connection, position: number): void {
    const [own, other] = position === 0 ? ends : [ends[1], ends[0]];
    const pipe = position === 0 ? pipes[1] : pipes[0];
    if (!own.link.isForgotten || !pipe.hasUnread) return;
    this.#afterDelay(other.peerId, own.peerId, () => {
      this.#afterDelay(own.peerId, other.peerId, () => other.process.run(() => other.link.lose()));
    });
  }

  #tell(end: VirtualEnd): void {
    this.#time.after(0, () => end.process.run(() => end.link.lose()));
  }

  /** The listener hears of the connection after one delay, the dialler after two: a round trip, as for TCP. */
  #dial(call: DialCall): Promise<SessionLink> {
    const { process, peerId: from, address, expected, signal } = call;
    return new Promise((resolve, reject) => {
      const to = peerIdOf(address);
      if (expected !== undefined && expected !== to) {
        throw new AspenError("invalid_request", "the address names another peer");
      }
      if (!process.operate()) return;
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      const refuse = (): void => {
        this.#afterDelay(to, from, () =>
          process.run(() => reject(new AspenError("unavailable", "nobody answers at this address"))),
        );
      };
      this.#afterDelay(from, to, () => {
        const listener = this.#listeners.get(to);
        if (listener === undefined || this.conditions.isRefused(from, to)) return refuse();
        listener.process.run(() => {
          const { dialled, accepted } = this.#connect(
            { peerId: from, process },
            { peerId: to, process: listener.process },
          );
          listener.onLink(accepted);
          this.#afterDelay(to, from, () => process.run(() => (signal.aborted ? dialled.close() : resolve(dialled))));
        });
      });
    });
  }

  /** A stalled route lets nothing by: the dial then ends with its deadline. */
  #afterDelay(from: PeerId, to: PeerId, then: () => void): void {
    const route = this.conditions.route(from, to);
    const { delayUs } = this.conditions.pass(route, 0);
    this.#time.after(delayUs, () => {
      if (!route.isStalled) then();
    });
  }

  #connect(dialer: Party, listener: Party): { readonly dialled: VirtualLink; readonly accepted: VirtualLink } {
    const forward = this.#createPipe(dialer, listener);
    const backward = this.#createPipe(listener, dialer);
    const onClosed = (): void => {
      if (dialled.isClosed && accepted.isClosed) this.#connections.delete(connection);
    };
    const dialled = new VirtualLink({
      peerId: listener.peerId,
      isDialer: true,
      process: dialer.process,
      outgoing: forward,
      incoming: backward,
      onClosed,
    });
    const accepted = new VirtualLink({
      peerId: dialer.peerId,
      isDialer: false,
      process: listener.process,
      outgoing: backward,
      incoming: forward,
      onClosed,
    });
    const connection: Connection = {
      ends: [
        { ...dialer, link: dialled },
        { ...listener, link: accepted },
      ],
      pipes: [forward, backward],
    };
    this.#connections.add(connection);
    backward.onUnread(() => this.#answerUnread(connection, 0));
    forward.onUnread(() => this.#answerUnread(connection, 1));
    return { dialled, accepted };
  }

  #createPipe(from: Party, to: Party): VirtualPipe {
    const conditions = this.conditions.route(from.peerId, to.peerId);
    const route = {
      pass: (byteLength: number) => this.conditions.pass(conditions, byteLength),
      isStalled: () => conditions.isStalled,
    };
    return new VirtualPipe(this.#time, route, from.process, to.process);
  }
}

interface Party {
  readonly peerId: PeerId;
  readonly process: SimulatedProcess;
}

interface DialCall extends Party {
  readonly address: string;
  readonly expected: PeerId | undefined;
  readonly signal: AbortSignal;
}

function peerIdOf(address: string): PeerId {
  if (!address.startsWith(ADDRESS_PREFIX) || address.length === ADDRESS_PREFIX.length) {
    throw new AspenError("invalid_request", "not a simulated address");
  }
  return address.slice(ADDRESS_PREFIX.length);
}
