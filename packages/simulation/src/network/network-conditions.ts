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

/** The state of the network: how good each route is, and which ones carry nothing. */
export class NetworkConditions {
  readonly counts: NetworkCounts = { writes: 0, lostSegments: 0, corruptedWrites: 0 };
  readonly #random: SeededRandom;
  readonly #stalls = new Map<string, Layers<boolean>>();
  readonly #refusals = new Map<string, Layers<boolean>>();
  readonly #routeQualities = new Map<string, Layers<RouteQuality | undefined>>();
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
    return layersOf(this.#routeQualities, routeOf(from, to), undefined).lay(quality);
  }

  /** Connections stay, and bytes stop in this direction. */
  stall(from: PeerId, to: PeerId): () => void {
    return layersOf(this.#stalls, routeOf(from, to), false).lay(true);
  }

  /** New connections are refused. */
  refuse(from: PeerId, to: PeerId): () => void {
    return layersOf(this.#refusals, routeOf(from, to), false).lay(true);
  }

  isStalled(from: PeerId, to: PeerId): boolean {
    return this.#stalls.get(routeOf(from, to))?.top === true;
  }

  isRefused(from: PeerId, to: PeerId): boolean {
    return this.#refusals.get(routeOf(from, to))?.top === true;
  }

  pass(
    from: PeerId,
    to: PeerId,
    byteLength: number,
  ): { readonly delayUs: number; readonly sendingUs: number; readonly isCorrupted: boolean } {
    const quality = this.#routeQualities.get(routeOf(from, to))?.top ?? this.#qualities.top;
    const { delayUs, lostCount, isCorrupted } = drawPassage(this.#random, quality);
    this.counts.writes += 1;
    this.counts.lostSegments += lostCount;
    if (isCorrupted) this.counts.corruptedWrites += 1;
    const sendingUs = quality.bytesPerMs === 0 ? 0 : Math.ceil((byteLength * 1_000) / quality.bytesPerMs);
    return { delayUs, sendingUs, isCorrupted };
  }
}

function layersOf<Value>(known: Map<string, Layers<Value>>, route: string, ground: Value): Layers<Value> {
  const layers = known.get(route) ?? new Layers(ground);
  known.set(route, layers);
  return layers;
}

function routeOf(from: PeerId, to: PeerId): string {
  return `${from} ${to}`;
}
