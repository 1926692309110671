import { assert } from "@aspenjs/api";

/** Bytes that one peer makes this side hold at once. */
export class ByteBudget {
  readonly #bytesMax: number;
  #usedBytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  tryTake(byteLength: number): boolean {
    if (this.#usedBytes + byteLength > this.#bytesMax) return false;
    this.#usedBytes += byteLength;
    return true;
  }

  giveBack(byteLength: number): void {
    this.#usedBytes -= byteLength;
    assert(this.#usedBytes >= 0, "no more is given back than was taken");
  }
}
