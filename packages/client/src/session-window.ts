/**
 * The numbers of one session's writes.
 *
 * W1  A number is given to one write and never again.
 * W2  `acknowledgedThrough` is the largest n such that every write up to n is settled: answered, or given up by a
 *     caller that will never ask again. The state machine forgets results up to there and refuses what arrives late, so
 *     a write that was given up can no longer hold the window back, nor take effect behind everyone's back.
 * W3  Numbers reach at most `windowMax` beyond what is acknowledged.
 */
import { assert } from "@aspenjs/api";

export class SessionWindow {
  readonly #windowMax: number;
  #next = 1;
  #acknowledgedThrough = 0;
  /** Settled numbers with an unsettled one below them. */
  readonly #settledAhead = new Set<number>();

  constructor(windowMax: number) {
    this.#windowMax = windowMax;
  }

  get acknowledgedThrough(): number {
    return this.#acknowledgedThrough;
  }

  /** The next number, or nothing while the window is full. */
  take(): number | undefined {
    if (this.#next - this.#acknowledgedThrough > this.#windowMax) return undefined;
    const number = this.#next;
    this.#next += 1;
    return number;
  }

  /** Harmless when repeated. */
  settle(number: number): void {
    assert(number >= 1, "numbers start at 1");
    assert(number < this.#next, "a number is taken before it is settled");
    if (number <= this.#acknowledgedThrough) return;
    this.#settledAhead.add(number);
    while (this.#settledAhead.delete(this.#acknowledgedThrough + 1)) this.#acknowledgedThrough += 1;
  }
}
