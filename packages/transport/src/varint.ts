/**
 * Unsigned LEB128 with at most seven bytes: integers up to 2^49 - 1. Every integer has one encoding, the shortest.
 */
export const VARINT_BYTES_MAX = 7;
export const VARINT_MAX = 2 ** 49 - 1;
/** Instead of a value: the bytes ended too early. */
export const VARINT_TRUNCATED = -1;
/** Instead of a value: too long, or padded with zeros. */
export const VARINT_MALFORMED = -2;

export function varintByteLength(value: number): number {
  let byteLength = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) byteLength += 1;
  return byteLength;
}

/** Writes `value` at `offset` and returns the offset behind it. */
export function writeVarint(target: Uint8Array, offset: number, value: number): number {
  let at = offset;
  let rest = value;
  while (rest >= 128) {
    target[at] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
    at += 1;
  }
  target[at] = rest;
  return at + 1;
}
