import type { Ratio } from "../random/ratio.ts";
import type { SeededRandom } from "../random/seeded-random.ts";

/** What the network between two machines is like, in one direction. */
export interface RouteQuality {
  readonly delayUsMin: number;
  readonly delayUsMax: number;
  /** How often a write takes much longer, and how long at most. */
  readonly slow: Ratio;
  readonly slowUsMax: number;
  /** A segment that is lost comes again after a wait; TCP hides the loss, not the wait. */
  readonly loss: Ratio;
  /** A write that arrives changed: Noise refuses it, and the connection ends. */
  readonly corruption: Ratio;
  /** Bytes per millisecond; 0 is no bound. */
  readonly bytesPerMs: number;
}

const RETRANSMIT_US = 200_000;
const RETRANSMITS_MAX = 6;

/** What happens to one write. */
export interface Passage {
  readonly delayUs: number;
  readonly lostCount: number;
  readonly isCorrupted: boolean;
}

export function drawPassage(random: SeededRandom, quality: RouteQuality): Passage {
  let delayUs = random.between(quality.delayUsMin, quality.delayUsMax);
  if (random.chance(quality.slow)) delayUs += random.below(quality.slowUsMax);
  let lostCount = 0;
  while (lostCount < RETRANSMITS_MAX && random.chance(quality.loss)) {
    delayUs += RETRANSMIT_US * 2 ** lostCount;
    lostCount += 1;
  }
  return { delayUs, lostCount, isCorrupted: random.chance(quality.corruption) };
}
