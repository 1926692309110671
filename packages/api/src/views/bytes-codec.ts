import type { Codec } from "./codec.ts";

/** Values as they are. */
export function bytes(): Codec<Uint8Array> {
  return { encode: (value) => value, decode: (value) => value };
}
