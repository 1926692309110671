/**
 * Keeps connections to the desired peers alive. Both sides of a pair dial, the one with the lower id first: the other
 * has a head start to wait for, so two dials rarely cross, and a peer that only one side can reach is still reached.
 *
 * Invariants (SPEC.md):
 *   V1  At most one dial or one timer per desired peer at any time, and none for a connected one.
 *   V2  The wait between failed dials doubles from `redialMinMs` to `redialMaxMs`, give or take a fifth.
 *   V3  Failures are forgotten only by a session that lasted `stableSessionMs`: a peer that lets us in and throws us
 *       out again is not dialled in a tight loop.
 */
import {
  assert,
  type CancelTimer,
  type Clock,
  type Logger,
  type PeerAddress,
  type PeerId,
  type Random,
} from "@aspenjs/api";
import type { TransportLimits } from "./limits.ts";

export interface PeerSupervisorInit {
  readonly localPeerId: PeerId;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly limits: TransportLimits;
  readonly isConnected: (peerId: PeerId) => boolean;
  /** Resolves when a session with exactly this peer is open. */
  readonly connect: (address: string, peerId: PeerId) => Promise<unknown>;
}

type Pursuit =
  | { readonly kind: "connected"; readonly sinceMs: number }
  | { readonly kind: "waiting"; readonly cancelTimer: CancelTimer }
  | { readonly kind: "dialling" }
  /** No address is known: only the peer can dial. */
  | { readonly kind: "expecting" };

interface DesiredPeer {
  readonly peerId: PeerId;
  addresses: readonly string[];
  /** Failed dials in a row. */
  failures: number;
  pursuit: Pursuit;
}

const RANDOM_BOUND = 2 ** 32;
const JITTER = 0.2;

export class PeerSupervisor {
  readonly #init: PeerSupervisorInit;
  readonly #desired = new Map<PeerId, DesiredPeer>();
  #isRunning = false;

  constructor(init: PeerSupervisorInit) {
    this.#init = init;
  }

  start(): void {
    this.#isRunning = true;
    for (const peer of this.#desired.values()) this.#pursue(peer, this.#headStartMs(peer.peerId));
  }

  stop(): void {
    this.#isRunning = false;
    for (const peer of this.#desired.values()) cancelWait(peer.pursuit);
    this.#desired.clear();
  }

  setDesired(peers: readonly PeerAddress[]): void {
    const wanted = new Map(peers.map((peer) => [peer.peerId, peer.addresses]));
    wanted.delete(this.#init.localPeerId);
    assert(wanted.size <= this.#init.limits.desiredPeersMax, "desired peers are bounded");
    for (const peer of [...this.#desired.values()]) {
      if (wanted.has(peer.peerId)) continue;
      cancelWait(peer.pursuit);
      this.#desired.delete(peer.peerId);
    }
    for (const [peerId, addresses] of wanted) this.#want(peerId, [...addresses]);
  }

  onConnected(peerId: PeerId): void {
    const peer = this.#desired.get(peerId);
    if (peer === undefined) return;
    cancelWait(peer.pursuit);
    peer.pursuit = { kind: "connected", sinceMs: this.#init.clock.nowMs() };
  }

  onDisconnected(peerId: PeerId): void {
    const peer = this.#desired.get(peerId);
    if (peer === undefined || peer.pursuit.kind !== "connected") return;
    const { clock, limits } = this.#init;
    const wasStable = clock.nowMs() - peer.pursuit.sinceMs >= limits.stableSessionMs;
    peer.failures = wasStable ? 0 : peer.failures + 1;
    this.#pursue(peer, this.#headStartMs(peerId) + this.#backOffMs(peer.failures));
  }

  #want(peerId: PeerId, addresses: readonly string[]): void {
    const known = this.#desired.get(peerId);
    if (known === undefined) {
      const peer: DesiredPeer = { peerId, addresses, failures: 0, pursuit: { kind: "expecting" } };
      this.#desired.set(peerId, peer);
      this.#pursue(peer, this.#headStartMs(peerId));
      return;
    }
    const isSame = known.addresses.join("\n") === addresses.join("\n");
    known.addresses = addresses;
    if (isSame || known.pursuit.kind === "connected" || known.pursuit.kind === "dialling") return;
    known.failures = 0;
    this.#pursue(known, this.#headStartMs(peerId));
  }

  #pursue(peer: DesiredPeer, delayMs: number): void {
    cancelWait(peer.pursuit);
    if (!this.#isRunning) return;
    if (this.#init.isConnected(peer.peerId)) {
      peer.pursuit = { kind: "connected", sinceMs: this.#init.clock.nowMs() };
    } else if (peer.addresses.length === 0) {
      peer.pursuit = { kind: "expecting" };
    } else {
      const cancelTimer = this.#init.clock.setTimer(delayMs, () => void this.#dial(peer));
      peer.pursuit = { kind: "waiting", cancelTimer };
    }
  }

  async #dial(peer: DesiredPeer): Promise<void> {
    const dialling: Pursuit = { kind: "dialling" };
    peer.pursuit = dialling;
    for (const address of peer.addresses) {
      try {
        await this.#init.connect(address, peer.peerId);
        return;
      } catch (error) {
        this.#init.logger.log("debug", "a dial failed", { peerId: peer.peerId, address, error });
      }
      // Meanwhile the peer may have dialled us, or be desired no more.
      if (peer.pursuit !== dialling || !this.#isRunning) return;
    }
    peer.failures += 1;
    this.#pursue(peer, this.#backOffMs(peer.failures - 1));
  }

  #headStartMs(peerId: PeerId): number {
    return this.#init.localPeerId < peerId ? 0 : this.#init.limits.dialHeadStartMs;
  }

  #backOffMs(failures: number): number {
    const { redialMinMs, redialMaxMs } = this.#init.limits;
    const factor = 1 - JITTER + (2 * JITTER * this.#init.random.below(RANDOM_BOUND)) / RANDOM_BOUND;
    return Math.min(redialMaxMs, redialMinMs * 2 ** Math.min(failures, 30)) * factor;
  }
}

function cancelWait(pursuit: Pursuit): void {
  if (pursuit.kind === "waiting") pursuit.cancelTimer();
}
