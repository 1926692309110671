/**
 * The world's time: it moves from one planned event to the next, never by itself. All that happens in a simulation
 * happens in an event, one after the other, with every promise settled in between.
 *
 * Invariants:
 *   T1  Time never goes back, and no event runs before it is due.
 *   T2  Which of the events of one instant comes first is drawn from the seed, unless their planner ranks them.
 *   T3  While something outside the simulation is awaited (`hold`), no event runs.
 */
import { assert, type CancelTimer } from "@aspenjs/api";
import type { SeededRandom } from "../random/seeded-random.ts";
import { EventQueue, type PlannedEvent } from "./event-queue.ts";
import { inTurns } from "../event-loop/turns.ts";

const RANK_BOUND = 2 ** 20;

export type RunOutcome =
  | "reached"
  /** The time was up first. */
  | "timeUp"
  /** Nothing is planned any more. */
  | "idle";

export class VirtualTime {
  readonly #events = new EventQueue();
  readonly #random: SeededRandom;
  #nowUs = 0;
  #sequence = 0;
  #eventCount = 0;
  #holds = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** Whole microseconds since the beginning of the world. */
  get nowUs(): number {
    return this.#nowUs;
  }

  /** Events that have run so far. */
  get eventCount(): number {
    return this.#eventCount;
  }

  after(delayUs: number, run: () => void): CancelTimer {
    return this.at(this.#nowUs + Math.ceil(delayUs), run, this.#random.below(RANK_BOUND));
  }

  /** Events of one instant and rank keep the order in which they were planned. */
  at(dueUs: number, run: () => void, rank: number): CancelTimer {
    assert(dueUs >= this.#nowUs, "an event lies ahead (T1)");
    this.#sequence += 1;
    const event: PlannedEvent = { dueUs, rank, sequence: this.#sequence, run, isCancelled: false };
    this.#events.add(event);
    return () => {
      event.isCancelled = true;
    };
  }

  /** For what really takes real time, such as a database on a real disk: virtual time stands still for it (T3). */
  async hold<Value>(outside: Promise<Value>): Promise<Value> {
    this.#holds += 1;
    try {
      return await outside;
    } finally {
      this.#holds -= 1;
    }
  }

  /** Lets events happen until `isReached` says so after one of them, or until `untilUs`. */
  async runUntil(isReached: () => boolean, untilUs: number): Promise<RunOutcome> {
    let outcome: RunOutcome | undefined;
    await inTurns(() => {
      if (this.#holds > 0) return "more";
      outcome = isReached() ? "reached" : this.#runNext(untilUs);
      return outcome === undefined ? "more" : "last";
    });
    assert(outcome !== undefined, "a run ends with an outcome");
    return outcome;
  }

  /** Lets this much time pass. */
  async pass(durationUs: number): Promise<void> {
    await this.runUntil(() => false, this.#nowUs + durationUs);
  }

  #runNext(untilUs: number): RunOutcome | undefined {
    const next = this.#events.peek();
    if (next === undefined || next.dueUs > untilUs) {
      this.#nowUs = Math.max(this.#nowUs, untilUs);
      return next === undefined ? "idle" : "timeUp";
    }
    this.#events.take();
    this.#nowUs = next.dueUs;
    this.#eventCount += 1;
    next.run();
    return undefined;
  }
}
