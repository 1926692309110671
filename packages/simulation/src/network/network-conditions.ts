import type { PeerId } from "@aspenjs/api";
import { Layers } from "../faults/layers.ts";
import { drawPassage, type RouteQuality } from "./route.ts";
import type { SeededRandom } from "../random/seeded-random.ts";

/** What really happened to writes, so that a run can tell "survived" from "not tested". */
export interface NetworkCounts {
  writes: number;
  lostSegments: number;
  corruptedWrites: number;
}

/** What one write meets on its route. */
export interface Passage {
  readonly delayUs: number;
  readonly sendingUs: number;
  readonly isCorrupted: boolean;
}

/** One direction between two peers, for as long as the world lasts. */
class NetworkRoute {
  readonly stalls = new Layers<boolean>(false);
  readonly refusals = new Layers<boolean>(false);
  /** Instead of that of the network. */
  readonly qualities = new Layers<RouteQuality | undefined>(undefined);

  get isStalled(): boolean {
    return this.stalls.top;
  }
}

/** The state of the network: how good each route is, and which ones carry nothing. */
export class NetworkConditions {
  readonly counts: NetworkCounts = { writes: 0, lostSegments: 0, corruptedWrites: 0 };
  readonly #random: SeededRandom;
  readonly #routes = new Map<string, NetworkRoute>();
  readonly #qualities: Layers<RouteQuality>;

  constructor(random: SeededRandom, quality: RouteQuality) {
    this.#random = random;
    this.#qualities = new Layers(quality);
  }

  /** Of every route that has no quality of its own. @returns how to end that; so do the others */
  layQuality(quality: RouteQuality): () => void {
    return this.#qualities.lay(quality);
  }

  layRouteQuality(from: PeerId, to: PeerId, quality: RouteQuality): () => void {
    return this.route(from, to).qualities.lay(quality);
  }

  /** Connections stay, and bytes stop in this direction. */
  stall(from: PeerId, to: PeerId): () => void {
    return this.route(from, to).stalls.lay(true);
  }

  /** New connections are refused. */
  refuse(from: PeerId, to: PeerId): () => void {
    return this.route(from, to).refusals.lay(true);
  }

  isStalled(from: PeerId, to: PeerId): boolean {
    return this.route(from, to).isStalled;
  }

  isRefused(from: PeerId, to: PeerId): boolean {
    return this.route(from, to).refusals.top;
  }

  /** For those who ask again and again. */
  route(from: PeerId, to: PeerId): NetworkRoute {
    const name = `${from} ${to}`;
    const route = this.#routes.get(name) ?? new NetworkRoute();
    this.#routes.set(name, route);
    return route;
  }

  pass(route: NetworkRoute, byteLength: number): Passage {
    const quality = route.qualities.top ?? this.#qualities.top;
    const { delayUs, lostCount, isCorrupted } = drawPassage(this.#random, quality);
    this.counts.writes += 1;
    this.counts.lostSegments += lostCount;
    if (isCorrupted) this.counts.corruptedWrites += 1;
    const sendingUs = quality.bytesPerMs === 0 ? 0 : Math.ceil((byteLength * 1_000) / quality.bytesPerMs);
    return { delayUs, sendingUs, isCorrupted };
  }
}
