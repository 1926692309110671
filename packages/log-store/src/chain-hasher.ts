import { createBLAKE3, type IHasher } from "hash-wasm";

export const HASH_BYTES = 32;

/** The hash "before the first entry". */
export const CHAIN_GENESIS: Uint8Array = new Uint8Array(HASH_BYTES);

/**
 * BLAKE3 without waiting. One instance serves every store of the process: a digest begins and ends within one call.
 */
export class ChainHasher {
  readonly #blake3: IHasher;

  constructor(blake3: IHasher) {
    this.#blake3 = blake3;
  }

  digest(bytes: Uint8Array): Uint8Array {
    return this.#blake3.init().update(bytes).digest("binary");
  }

  /** `BLAKE3(previous || encoded)`: the hash of an entry covers every entry before it. */
  link(previous: Uint8Array, encoded: Uint8Array): Uint8Array {
    return this.#blake3.init().update(previous).update(encoded).digest("binary");
  }
}

let loading: Promise<ChainHasher> | undefined;

/** Compiles the hash function, once per process. */
export function loadChainHasher(): Promise<ChainHasher> {
  loading ??= createBLAKE3().then((blake3) => new ChainHasher(blake3));
  return loading;
}

export function isSameHash(left: Uint8Array, right: Uint8Array): boolean {
  return left.byteLength === right.byteLength && left.every((byte, position) => byte === right[position]);
}
