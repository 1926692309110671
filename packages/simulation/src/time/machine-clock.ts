import { assert } from "@aspenjs/api";
import { Layers } from "../faults/layers.ts";

/** Far beyond what real quartz does; without leader leases no safety may depend on it. */
export const DRIFT_PPM_MAX = 300_000;

const MILLION = 1_000_000;
/** Where wall clocks start: any date will do, as long as it is always the same. */
const WALL_START_MS = 1_790_000_000_000;

/**
 * The clock of one machine: it runs at its own rate, started at its own origin, and its wall clock may jump. It outlives
 * the processes of its machine.
 */
export class MachineClock {
  readonly #ratesPpm = new Layers(0);
  #baseWorldUs = 0;
  #baseLocalUs: number;
  #wallOffsetMs: number;

  constructor(originUs: number, wallOffsetMs: number) {
    this.#baseLocalUs = originUs;
    this.#wallOffsetMs = wallOffsetMs;
  }

  /** Monotonic microseconds of this machine. */
  localUs(worldUs: number): number {
    const elapsedUs = worldUs - this.#baseWorldUs;
    return this.#baseLocalUs + elapsedUs + Math.floor((elapsedUs * this.#ratesPpm.top) / MILLION);
  }

  /** How long the world waits until this much has passed here. */
  worldDelayUs(localDelayUs: number): number {
    return Math.ceil((localDelayUs * MILLION) / (MILLION + this.#ratesPpm.top));
  }

  wallMs(worldUs: number): number {
    return WALL_START_MS + this.#wallOffsetMs + Math.floor(this.localUs(worldUs) / 1_000);
  }

  /**
   * From now on this many parts per million faster than the world; slower when negative.
   * @returns how to end that, at a time of the world
   */
  layRate(ratePpm: number, worldUs: number): (worldUs: number) => void {
    assert(ratePpm > -MILLION, "a clock does not stand still");
    this.#rebase(worldUs);
    const end = this.#ratesPpm.lay(ratePpm);
    return (endUs) => {
      this.#rebase(endUs);
      end();
    };
  }

  /** What has passed until now passed at the rate of until now. */
  #rebase(worldUs: number): void {
    this.#baseLocalUs = this.localUs(worldUs);
    this.#baseWorldUs = worldUs;
  }

  /** As when somebody sets the date: the monotonic clock does not notice. */
  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }
}
