import { randomBytes, randomInt } from "node:crypto";
import type { Random } from "@aspenjs/api";

export function createSystemRandom(): Random {
  return {
    below: (bound) => randomInt(bound),
    bytes: (byteLength) => new Uint8Array(randomBytes(byteLength)),
  };
}
