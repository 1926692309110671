import { assert } from "@aspenjs/api";
import { ratio } from "../random/ratio.ts";
import type { SeededRandom } from "../random/seeded-random.ts";

/** A point is awake in one run of four, and then every fifth time that the code comes by: as FoundationDB does it. */
const AWAKE = ratio(1, 4);
const DUE = ratio(1, 5);

/** Makes the rare ways in the code under test common: decides at each of its fault points whether to take them. */
export class FaultPoints {
  readonly #random: SeededRandom;
  readonly #points = new Map<string, SeededRandom | undefined>();
  /** How often each was taken. */
  readonly counts: Record<string, number> = {};

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** One run of a process at a time may have them. */
  install(): void {
    assert(globalThis.aspenFaultPoint === undefined, "one run at a time in a process");
    globalThis.aspenFaultPoint = (name) => this.#isDue(name);
  }

  remove(): void {
    globalThis.aspenFaultPoint = undefined;
  }

  #isDue(name: string): boolean {
    if (!this.#points.has(name)) {
      const random = this.#random.child(name);
      this.#points.set(name, random.chance(AWAKE) ? random : undefined);
    }
    const isDue = this.#points.get(name)?.chance(DUE) === true;
    if (isDue) this.counts[name] = (this.counts[name] ?? 0) + 1;
    return isDue;
  }
}
