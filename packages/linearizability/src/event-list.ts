import { at } from "./assert.ts";
import type { PartHistory } from "./part-history.ts";

const HEAD = 0;

/**
 * The calls and returns of the operations with an answer that are not yet in the order, by time, as a list in two
 * directions (Wing and Gong 1993): whoever was called before the first return of the list may come next. An operation
 * leaves the list when it gets its place and comes back to where it was when it loses it, last out first in.
 */
export class EventList {
  readonly #next: Int32Array;
  readonly #previous: Int32Array;

  constructor({ answeredCount, callRanks, returnRanks }: PartHistory<unknown, unknown>) {
    const eventCount = 2 * answeredCount + 1;
    this.#next = new Int32Array(eventCount);
    this.#previous = new Int32Array(eventCount);
    const ranked: number[] = [];
    for (let number = 0; number < answeredCount; number += 1) {
      ranked[at(callRanks, number)] = callEvent(number);
      ranked[at(returnRanks, number)] = returnEvent(number);
    }
    let last = HEAD;
    // The ranks of operations without an answer are holes in the array, which `forEach` skips.
    ranked.forEach((event) => {
      this.#connect(last, event);
      last = event;
    });
    this.#connect(last, HEAD);
  }

  /** The operations that may come next, into `into`; returns the one whose return nothing called later may precede. */
  window(into: number[]): number {
    let event = at(this.#next, HEAD);
    into.length = 0;
    while (isCall(event)) {
      into.push((event - 1) >>> 1);
      event = at(this.#next, event);
    }
    return (event - 2) >>> 1;
  }

  /** The first operation that has no place yet. There must be one. */
  get first(): number {
    return (at(this.#next, HEAD) - 1) >>> 1;
  }

  take(number: number): void {
    this.#remove(callEvent(number));
    this.#remove(returnEvent(number));
  }

  putBack(number: number): void {
    this.#restore(returnEvent(number));
    this.#restore(callEvent(number));
  }

  #remove(event: number): void {
    this.#connect(at(this.#previous, event), at(this.#next, event));
  }

  #restore(event: number): void {
    this.#next[at(this.#previous, event)] = event;
    this.#previous[at(this.#next, event)] = event;
  }

  #connect(before: number, after: number): void {
    this.#next[before] = after;
    this.#previous[after] = before;
  }
}

function callEvent(number: number): number {
  return 2 * number + 1;
}

function returnEvent(number: number): number {
  return 2 * number + 2;
}

function isCall(event: number): boolean {
  return event % 2 === 1;
}
