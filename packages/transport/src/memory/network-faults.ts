import type { PeerId, Random } from "@aspenjs/api";
import type { PipeConditions } from "./memory-pipe.ts";

/** Of one write, drawn anew for each; order within a connection is kept. */
export type Delay =
  | { readonly kind: "fixed"; readonly ms: number }
  | { readonly kind: "uniform"; readonly minMs: number; readonly maxMs: number };

export interface Partition {
  /** `stall`: connections stay and bytes stop. `reset`: connections break, and new ones are refused. */
  readonly how: "stall" | "reset";
  readonly direction: "both" | "left_to_right";
}

export interface Corruption {
  /** How many of a million writes have a byte changed. */
  readonly writesPerMillion: number;
  /**
   * `true` is what libp2p gives: Noise refuses the changed bytes and the connection ends. `false` lets them through to
   * the framing, which must survive them; it cannot know a changed body from a sound one.
   */
  readonly isDetected: boolean;
}

/** What really happened, so that a test can tell "passed" from "not tested". */
export interface FaultCounts {
  writes: number;
  corruptedWrites: number;
  splitWrites: number;
}

const MILLION = 1_000_000;
const NO_DELAY: Delay = { kind: "fixed", ms: 0 };

export class NetworkFaults {
  corruption: Corruption | undefined;
  pieceBytesMax: number | undefined;
  readonly counts: FaultCounts = { writes: 0, corruptedWrites: 0, splitWrites: 0 };
  readonly #random: Random;
  readonly #delays = new Map<string, Delay>();
  readonly #stalled = new Set<string>();
  readonly #refused = new Set<string>();
  #delay: Delay = NO_DELAY;

  constructor(random: Random) {
    this.#random = random;
  }

  setDelay(delay: Delay, from?: PeerId, to?: PeerId): void {
    if (from === undefined || to === undefined) this.#delay = delay;
    else this.#delays.set(routeOf(from, to), delay);
  }

  partition(left: PeerId, right: PeerId, { how, direction }: Partition): void {
    const routes = how === "stall" ? this.#stalled : this.#refused;
    routes.add(routeOf(left, right));
    if (direction === "both") routes.add(routeOf(right, left));
  }

  heal(left: PeerId, right: PeerId): void {
    for (const route of [routeOf(left, right), routeOf(right, left)]) {
      this.#stalled.delete(route);
      this.#refused.delete(route);
    }
  }

  healAll(): void {
    this.#stalled.clear();
    this.#refused.clear();
  }

  isStalled(from: PeerId, to: PeerId): boolean {
    return this.#stalled.has(routeOf(from, to));
  }

  isRefused(from: PeerId, to: PeerId): boolean {
    return this.#refused.has(routeOf(from, to));
  }

  delayMs(from: PeerId, to: PeerId): number {
    const delay = this.#delays.get(routeOf(from, to)) ?? this.#delay;
    if (delay.kind === "fixed") return delay.ms;
    return delay.minMs + ((delay.maxMs - delay.minMs) * this.#random.below(MILLION)) / MILLION;
  }

  conditionsOf(from: PeerId, to: PeerId): PipeConditions {
    return {
      delayMs: () => this.delayMs(from, to),
      isStalled: () => this.isStalled(from, to),
      piecesOf: (bytes) => this.#piecesOf(bytes),
    };
  }

  #piecesOf(bytes: Uint8Array): readonly (Uint8Array | "broken")[] {
    this.counts.writes += 1;
    const { corruption } = this;
    if (corruption === undefined || this.#random.below(MILLION) >= corruption.writesPerMillion) {
      return this.#split(bytes);
    }
    this.counts.corruptedWrites += 1;
    if (corruption.isDetected) return ["broken"];
    const changed = bytes.slice();
    const position = this.#random.below(changed.byteLength);
    changed[position] = (changed[position] ?? 0) ^ (1 + this.#random.below(255));
    return this.#split(changed);
  }

  #split(bytes: Uint8Array): readonly Uint8Array[] {
    const { pieceBytesMax } = this;
    if (pieceBytesMax === undefined || bytes.byteLength <= 1) return [bytes];
    const pieces: Uint8Array[] = [];
    for (let start = 0; start < bytes.byteLength;) {
      const end = Math.min(bytes.byteLength, start + 1 + this.#random.below(pieceBytesMax));
      pieces.push(bytes.subarray(start, end));
      start = end;
    }
    if (pieces.length > 1) this.counts.splitWrites += 1;
    return pieces;
  }
}

function routeOf(from: PeerId, to: PeerId): string {
  return `${from} ${to}`;
}
