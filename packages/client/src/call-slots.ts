/**
 * Room for a bounded number of calls, and a bounded queue behind it.
 *
 * L1  At most `inFlightMax` calls run and `queuedMax` wait; the next one is refused.
 * L2  Calls start in the order in which they asked, and every one that started or waited gives its place back once.
 */
import { assert, AspenError } from "@aspenjs/api";

/** One call's place, from asking to giving back. */
export interface Slot {
  state: "waiting" | "running" | "given back";
  readonly start: () => void;
}

export class CallSlots {
  readonly #inFlightMax: number;
  readonly #queuedMax: number;
  /** In order; those that gave up stay until their turn comes or too many of them gather. */
  #queue: Slot[] = [];
  #head = 0;
  #running = 0;
  #waiting = 0;
  #isStarting = false;

  constructor(inFlightMax: number, queuedMax: number) {
    this.#inFlightMax = inFlightMax;
    this.#queuedMax = queuedMax;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Calls `start` at once or, when there is no room, later.
   * @throws AspenError `resource_exhausted`
   */
  take(start: () => void): Slot {
    if (this.#running < this.#inFlightMax) {
      const slot: Slot = { state: "running", start };
      this.#running += 1;
      start();
      return slot;
    }
    if (this.#waiting >= this.#queuedMax) {
      throw new AspenError("resource_exhausted", "too many calls are under way", { details: { max: this.#queuedMax } });
    }
    const slot: Slot = { state: "waiting", start };
    this.#queue.push(slot);
    this.#waiting += 1;
    return slot;
  }

  giveBack(slot: Slot): void {
    const { state } = slot;
    assert(state !== "given back", "a place is given back once");
    slot.state = "given back";
    if (state === "waiting") this.#waiting -= 1;
    else this.#running -= 1;
    this.#startNext();
    if (!this.#isStarting) this.#compact();
  }

  /** A call that ends while it starts gives its place back in here: the loop goes on, the stack does not grow. */
  #startNext(): void {
    if (this.#isStarting) return;
    this.#isStarting = true;
    while (this.#running < this.#inFlightMax && this.#head < this.#queue.length) {
      const slot = this.#queue[this.#head];
      this.#head += 1;
      if (slot?.state !== "waiting") continue;
      slot.state = "running";
      this.#waiting -= 1;
      this.#running += 1;
      slot.start();
    }
    this.#isStarting = false;
  }

  /** Amortised: what is dropped was appended before. */
  #compact(): void {
    if (this.#queue.length <= 2 * (this.#waiting + this.#inFlightMax)) return;
    this.#queue = this.#queue.slice(this.#head).filter((slot) => slot.state === "waiting");
    this.#head = 0;
  }
}
