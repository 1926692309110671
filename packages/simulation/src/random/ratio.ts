import { assert } from "@aspenjs/api";

/** A probability in whole numbers: `numerator` times out of `denominator`. */
export interface Ratio {
  readonly numerator: number;
  readonly denominator: number;
}

export const NEVER: Ratio = { numerator: 0, denominator: 1 };

export function ratio(numerator: number, denominator: number): Ratio {
  assert(Number.isSafeInteger(numerator) && Number.isSafeInteger(denominator), "a ratio is of whole numbers");
  assert(numerator >= 0 && denominator > 0 && numerator <= denominator, "a ratio lies between 0 and 1");
  return { numerator, denominator };
}
