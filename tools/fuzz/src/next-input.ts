import { mutated } from "./mutator.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { AnyTarget } from "./target.ts";

/** Mutations are made of inputs of a moderate size: many small ones say more than a few large ones. */
const INPUT_BYTES_MAX = 65_536;
/** Of the inputs that found something, the last so many count as new. */
const NEWEST = 16;
const REPAIR_ONE_IN = 2;
const INNER_ONE_IN = 2;

/** What inputs are made of. */
export interface Corpus {
  /** Valid inputs. */
  readonly seeds: readonly Uint8Array[];
  /** What reached something new, in the order in which it was found. */
  readonly found: readonly Uint8Array[];
}

/** A mutation of something in the corpus, which random numbers alone decide. */
export function nextInput(target: AnyTarget, corpus: Corpus, random: SeededRandom): Uint8Array {
  const { frameBytesMax, dictionary = [], inner } = target;
  const options = { dictionary, bytesMax: Math.min(frameBytesMax + 1, INPUT_BYTES_MAX) };
  const base = pick(corpus, random);
  const opened = inner !== undefined && random.isOneIn(INNER_ONE_IN) ? inner.open(base) : undefined;
  const input =
    inner === undefined || opened === undefined
      ? mutated(base, pick(corpus, random), random, options)
      : inner.close(mutated(opened, inner.open(pick(corpus, random)) ?? opened, random, options));
  return random.isOneIn(REPAIR_ONE_IN) ? (target.repair?.(input) ?? input) : input;
}

/**
 * A third each of what is valid, what is new and all: among many inputs that found a way to be refused, the few that
 * are accepted would be lost.
 */
function pick({ seeds, found }: Corpus, random: SeededRandom): Uint8Array {
  const newest = found.slice(-NEWEST);
  const pool = random.pick([seeds, newest.length === 0 ? seeds : newest, [...seeds, ...found]]);
  return pool[random.below(pool.length)] ?? new Uint8Array();
}
