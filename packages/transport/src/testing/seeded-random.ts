import type { Random } from "@aspenjs/api";

/** A small, fast, repeatable generator (a 32-bit mix of a counter): for tests and simulations, never for secrets. */
export function createSeededRandom(seed: number): Random {
  let counter = seed >>> 0;
  const next = (): number => {
    counter = (counter + 0x9e3779b9) >>> 0;
    let mixed = counter;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  return {
    below: (bound) => Math.floor((next() / 2 ** 32) * bound),
    bytes: (byteLength) => Uint8Array.from({ length: byteLength }, () => next() & 0xff),
  };
}
