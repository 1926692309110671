import { endOf, type Operation } from "./operation.ts";
import type { Violation } from "./verdict.ts";

const TICKS_MAX = 12;

/**
 * The time that a page shows: from the first call that was answered and plays a part to the end of the conflict. A call
 * long before that, which nobody answered, must not make everything else too small to see.
 */
export class TimeWindow {
  readonly startsAt: number;
  readonly endsAt: number;
  readonly #left: number;
  readonly #right: number;

  constructor({ conflict, deadEnd, startsAt, endsAt }: Violation<unknown, unknown>, left: number, right: number) {
    const answered = [...conflict, ...deadEnd.order].filter((operation) => endOf(operation) !== Infinity);
    this.startsAt = answered.reduce((start, { invokedAt }) => Math.min(start, invokedAt), startsAt);
    this.endsAt = endsAt;
    this.#left = left;
    this.#right = right;
  }

  /** What is outside of the window is at its edge. */
  xOf(time: number): number {
    const share = this.endsAt === this.startsAt ? 0 : (time - this.startsAt) / (this.endsAt - this.startsAt);
    const x = this.#left + Math.min(1, Math.max(0, share)) * (this.#right - this.#left);
    return Math.round(x * 10) / 10;
  }

  beginsBefore({ invokedAt }: Operation<unknown, unknown>): boolean {
    return invokedAt < this.startsAt;
  }

  endsLater(operation: Operation<unknown, unknown>): boolean {
    return endOf(operation) > this.endsAt;
  }

  /** Round times, as many as are read at a glance. */
  get ticks(): readonly number[] {
    const span = this.endsAt - this.startsAt;
    if (span === 0) return [this.startsAt];
    const power = 10 ** Math.floor(Math.log10(span / TICKS_MAX));
    const step = [1, 2, 5, 10].map((times) => times * power).find((size) => span / size <= TICKS_MAX) ?? span;
    const first = Math.ceil(this.startsAt / step);
    const count = Math.floor(this.endsAt / step) - first + 1;
    return Array.from({ length: count }, (_, tick) => Number(((first + tick) * step).toPrecision(12)));
  }
}
