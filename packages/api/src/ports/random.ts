/** Randomness as a parameter. */
export interface Random {
  /** A uniform integer from 0 to `bound - 1`; `bound` is at most 2^32. */
  below(bound: number): number;
  bytes(byteLength: number): Uint8Array;
}
