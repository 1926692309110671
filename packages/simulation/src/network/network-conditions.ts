import type { PeerId } from "@aspenjs/api";
import { drawPassage, type RouteQuality } from "./route.ts";
import type { SeededRandom } from "../random/seeded-random.ts";

/** What really happened to writes, so that a run can tell "survived" from "not tested". */
export interface NetworkCounts {
  writes: number;
  lostSegments: number;
  corruptedWrites: number;
}

/** The state of the network: how good each route is, and which ones carry nothing. */
export class NetworkConditions {
  readonly counts: NetworkCounts = { writes: 0, lostSegments: 0, corruptedWrites: 0 };
  readonly #random: SeededRandom;
  readonly #stalled = new Set<string>();
  readonly #refused = new Set<string>();
  readonly #qualities = new Map<string, RouteQuality>();
  #quality: RouteQuality;

  constructor(random: SeededRandom, quality: RouteQuality) {
    this.#random = random;
    this.#quality = quality;
  }

  /** Of every route that has no quality of its own. */
  setQuality(quality: RouteQuality): void {
    this.#quality = quality;
  }

  setRouteQuality(from: PeerId, to: PeerId, quality: RouteQuality | undefined): void {
    if (quality === undefined) this.#qualities.delete(routeOf(from, to));
    else this.#qualities.set(routeOf(from, to), quality);
  }

  /** Connections stay, and bytes stop in this direction. */
  stall(from: PeerId, to: PeerId): void {
    this.#stalled.add(routeOf(from, to));
  }

  unstall(from: PeerId, to: PeerId): void {
    this.#stalled.delete(routeOf(from, to));
  }

  /** New connections are refused. */
  refuse(from: PeerId, to: PeerId): void {
    this.#refused.add(routeOf(from, to));
  }

  unrefuse(from: PeerId, to: PeerId): void {
    this.#refused.delete(routeOf(from, to));
  }

  isStalled(from: PeerId, to: PeerId): boolean {
    return this.#stalled.has(routeOf(from, to));
  }

  isRefused(from: PeerId, to: PeerId): boolean {
    return this.#refused.has(routeOf(from, to));
  }

  pass(
    from: PeerId,
    to: PeerId,
    byteLength: number,
  ): { readonly delayUs: number; readonly sendingUs: number; readonly isCorrupted: boolean } {
    const quality = this.#qualities.get(routeOf(from, to)) ?? this.#quality;
    const { delayUs, lostCount, isCorrupted } = drawPassage(this.#random, quality);
    this.counts.writes += 1;
    this.counts.lostSegments += lostCount;
    if (isCorrupted) this.counts.corruptedWrites += 1;
    const sendingUs = quality.bytesPerMs === 0 ? 0 : Math.ceil((byteLength * 1_000) / quality.bytesPerMs);
    return { delayUs, sendingUs, isCorrupted };
  }
}

function routeOf(from: PeerId, to: PeerId): string {
  return `${from} ${to}`;
}
