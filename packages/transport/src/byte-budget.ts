import { assert } from "@aspenjs/api";

/** Bytes that are held at once: by all peers together, or by one of them as a part of that. */
export class ByteBudget {
  readonly #bytesMax: () => number;
  readonly #whole: ByteBudget | undefined;
  #usedBytes = 0;

  /** @param bytesMax asked at every taking: what a peer may have held changes with what is known of it */
  constructor(bytesMax: () => number, whole?: ByteBudget) {
    this.#bytesMax = bytesMax;
    this.#whole = whole;
  }

  /** At this moment. */
  get bytesMax(): number {
    return this.#bytesMax();
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  tryTake(byteLength: number): boolean {
    if (this.#usedBytes + byteLength > this.#bytesMax()) return false;
    if (this.#whole?.tryTake(byteLength) === false) return false;
    this.#usedBytes += byteLength;
    return true;
  }

  giveBack(byteLength: number): void {
    this.#usedBytes -= byteLength;
    this.#whole?.giveBack(byteLength);
    assert(this.#usedBytes >= 0, "no more is given back than was taken");
  }
}
