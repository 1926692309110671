/**
 * A network in memory: the same sessions as over libp2p, with pipes for connections. Given a clock and a generator it
 * does the same thing every time. The controls do to connections what a real network and real machines do to them.
 */
import { AspenError, assert, type Clock, type Logger, type PeerGate, type PeerId, type Random } from "@aspenjs/api";
import { Endpoint } from "../endpoint.ts";
import type { TransportLimits } from "../limits.ts";
import type { SessionBackend } from "../session-backend.ts";
import type { SessionLink } from "../session-link.ts";
import { MemoryConnection } from "./memory-connection.ts";
import { NetworkFaults, type Corruption, type Delay, type Partition } from "./network-faults.ts";

export interface MemoryNetworkOptions {
  readonly clock: Clock;
  readonly random: Random;
}

export interface MemoryTransportOptions {
  readonly gate: PeerGate;
  readonly logger?: Logger;
  readonly limits?: Partial<TransportLimits>;
}

const ADDRESS_PREFIX = "/memory/";

export function createMemoryNetwork(options: MemoryNetworkOptions): MemoryNetwork {
  return new MemoryNetwork(options);
}

export class MemoryNetwork {
  readonly faults: NetworkFaults;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #listeners = new Map<PeerId, (link: SessionLink) => void>();
  readonly #endpoints = new Map<PeerId, Endpoint>();
  readonly #connections = new Set<MemoryConnection>();

  constructor({ clock, random }: MemoryNetworkOptions) {
    this.#clock = clock;
    this.#random = random;
    this.faults = new NetworkFaults(random);
  }

  /** A peer that was stopped or crashed may be created again, which is a restart. */
  createTransport(peerId: PeerId, options: MemoryTransportOptions): Endpoint {
    assert(!this.#endpoints.has(peerId), "a peer has one endpoint at a time");
    const endpoint = new Endpoint(this.#createBackend(peerId), {
      ...options,
      clock: this.#clock,
      random: this.#random,
    });
    this.#endpoints.set(peerId, endpoint);
    return endpoint;
  }

  addressOf(peerId: PeerId): string {
    return `${ADDRESS_PREFIX}${peerId}`;
  }

  /** Of every route, or of one. */
  setDelay(delay: Delay, from?: PeerId, to?: PeerId): void {
    this.faults.setDelay(delay, from, to);
  }

  setCorruption(corruption: Corruption | undefined): void {
    this.faults.corruption = corruption;
  }

  /** Every write arrives in random pieces of at most this many bytes. */
  setPieceBytesMax(pieceBytesMax: number | undefined): void {
    this.faults.pieceBytesMax = pieceBytesMax;
  }

  partition(left: PeerId, right: PeerId, partition: Partition): void {
    this.faults.partition(left, right, partition);
    if (partition.how === "reset") this.resetConnections(left, right);
  }

  heal(left: PeerId, right: PeerId): void {
    this.faults.heal(left, right);
    for (const connection of this.#connections) connection.resume();
  }

  healAll(): void {
    this.faults.healAll();
    for (const connection of this.#connections) connection.resume();
  }

  /** Those between two peers, or all of one. */
  resetConnections(left: PeerId, right?: PeerId): void {
    for (const connection of [...this.#connections]) if (connection.joins(left, right)) connection.reset();
  }

  /** As `kill -9`: no goodbye, every connection is reset, nobody listens any more. */
  async crash(peerId: PeerId): Promise<void> {
    const endpoint = this.#endpoints.get(peerId);
    assert(endpoint !== undefined, "only a peer that exists can crash");
    this.#listeners.delete(peerId);
    this.resetConnections(peerId);
    await endpoint.stop();
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  #createBackend(peerId: PeerId): SessionBackend {
    return {
      localPeerId: peerId,
      addresses: [this.addressOf(peerId)],
      start: (onLink) => {
        this.#listeners.set(peerId, onLink);
        return Promise.resolve();
      },
      stop: () => {
        this.#listeners.delete(peerId);
        this.#endpoints.delete(peerId);
        return Promise.resolve();
      },
      peerIdOf: peerIdOfMemoryAddress,
      dial: (address, expected, signal) => this.#dial(peerId, peerIdOfMemoryAddress(address), expected, signal),
    };
  }

  /** The listener hears of the connection after one delay, the dialler after two: a round trip, as for TCP. */
  async #dial(from: PeerId, to: PeerId, expected: PeerId | undefined, signal: AbortSignal): Promise<SessionLink> {
    if (expected !== undefined && expected !== to) {
      throw new AspenError("invalid_request", "the address names another peer");
    }
    await this.#passed(from, to, signal);
    const onLink = this.#listeners.get(to);
    if (onLink === undefined || this.faults.isRefused(from, to)) {
      throw new AspenError("unavailable", "nobody answers at this address");
    }
    await this.#passed(to, from, signal);
    const connection = new MemoryConnection(
      this.#clock,
      from,
      to,
      (source, target) => this.faults.conditionsOf(source, target),
      (closed) => this.#connections.delete(closed),
    );
    this.#connections.add(connection);
    onLink(connection.listenerLink);
    return connection.dialerLink;
  }

  /** One delay of a route. A stalled route lets nothing by: the dial then ends with its deadline. */
  #passed(from: PeerId, to: PeerId, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        cancelTimer();
        reject(signal.reason);
      };
      const cancelTimer = this.#clock.setTimer(this.faults.delayMs(from, to), () => {
        if (this.faults.isStalled(from, to)) return;
        signal.removeEventListener("abort", onAbort);
        resolve();
      });
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
    });
  }
}

function peerIdOfMemoryAddress(address: string): PeerId {
  if (!address.startsWith(ADDRESS_PREFIX) || address.length === ADDRESS_PREFIX.length) {
    throw new AspenError("invalid_request", "not a memory address");
  }
  return address.slice(ADDRESS_PREFIX.length);
}
