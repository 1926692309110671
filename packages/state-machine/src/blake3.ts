import { assert } from "@aspenjs/api";
import { createBLAKE3, type IHasher } from "hash-wasm";

export const BLAKE3_BYTES = 32;
/** Small pieces are gathered first: each call into WebAssembly costs more than hashing a few hundred bytes. */
const BUFFER_BYTES = 65_536;

interface Engine {
  readonly hasher: IHasher;
  readonly buffer: Uint8Array;
}

/** Engines whose digest is done. Making one compiles WebAssembly, which takes longer than most digests. */
const idle: Engine[] = [];
const IDLE_MAX = 4;

async function createEngine(): Promise<Engine> {
  return { hasher: await createBLAKE3(), buffer: new Uint8Array(BUFFER_BYTES) };
}

/** BLAKE3 over pieces of any size. */
export class Blake3 {
  #engine: Engine | undefined;
  #buffered = 0;

  private constructor(engine: Engine) {
    this.#engine = engine;
    engine.hasher.init();
  }

  static async create(): Promise<Blake3> {
    return new Blake3(idle.pop() ?? (await createEngine()));
  }

  static async digestOf(chunks: Iterable<Uint8Array>): Promise<Uint8Array> {
    const hash = await Blake3.create();
    for (const chunk of chunks) hash.update(chunk);
    return hash.digest();
  }

  update(bytes: Uint8Array): void {
    const { hasher, buffer } = this.#running();
    if (this.#buffered + bytes.byteLength > BUFFER_BYTES) this.#drain();
    if (bytes.byteLength > BUFFER_BYTES) {
      hasher.update(bytes);
    } else {
      buffer.set(bytes, this.#buffered);
      this.#buffered += bytes.byteLength;
    }
  }

  /** The end: nothing may be added afterwards. */
  digest(): Uint8Array {
    this.#drain();
    const engine = this.#running();
    const digest = engine.hasher.digest("binary");
    this.#engine = undefined;
    if (idle.length < IDLE_MAX) idle.push(engine);
    return digest;
  }

  #drain(): void {
    const { hasher, buffer } = this.#running();
    hasher.update(buffer.subarray(0, this.#buffered));
    this.#buffered = 0;
  }

  #running(): Engine {
    assert(this.#engine !== undefined, "a digest is taken once, at the end");
    return this.#engine;
  }
}

/** Hashes pieces one by one, at once. */
export async function pieceHasher(): Promise<(piece: Uint8Array) => Uint8Array> {
  piecewise ??= await createBLAKE3();
  const hasher = piecewise;
  return (piece) => hasher.init().update(piece).digest("binary");
}

/** Shared by all: whoever hashes a piece is done with it before anybody else can begin. */
let piecewise: IHasher | undefined;

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
