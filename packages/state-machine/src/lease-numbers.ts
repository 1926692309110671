import { assert, limits, type LeaseId } from "@aspenjs/api";

/**
 * The numbers of all leases, in ascending order. One array: moving as many numbers as there may be leases takes
 * microseconds, while looking for a free number one by one takes as long as the run of taken ones is, which a few large
 * transactions with times to live make tens of thousands long.
 */
export class LeaseNumbers {
  readonly #numbers: LeaseId[];

  constructor(leaseIds: Iterable<LeaseId>) {
    this.#numbers = [...leaseIds].sort((left, right) => left - right);
  }

  add(leaseId: LeaseId): void {
    const position = this.#positionOf(leaseId);
    assert(this.#numbers[position] !== leaseId, "a lease is added once");
    this.#numbers.splice(position, 0, leaseId);
  }

  delete(leaseId: LeaseId): void {
    const position = this.#positionOf(leaseId);
    assert(this.#numbers[position] === leaseId, "a lease that is deleted was there");
    this.#numbers.splice(position, 1);
  }

  /** At most so many, from the first above `after` on. */
  above(after: LeaseId, countMax: number): readonly LeaseId[] {
    const position = this.#lowest(0, (candidate) => this.#at(candidate) > after);
    return this.#numbers.slice(position, position + countMax);
  }

  all(): readonly LeaseId[] {
    return this.#numbers;
  }

  /** The first number from this one on that no lease has; behind the last number comes 1. */
  firstFree(first: LeaseId): LeaseId {
    const start = this.#positionOf(first);
    // As long as there is no gap, each number is as far behind the first one as its place is.
    const end = this.#lowest(start, (candidate) => this.#at(candidate) - first > candidate - start);
    const free = first + (end - start);
    return free > limits.leaseIdMax ? this.firstFree(1) : free;
  }

  #positionOf(leaseId: LeaseId): number {
    return this.#lowest(0, (candidate) => this.#at(candidate) >= leaseId);
  }

  #at(position: number): LeaseId {
    return this.#numbers[position] ?? Infinity;
  }

  /** The lowest position from `start` on of which the test holds, or the end. Once it holds it must hold for all above. */
  #lowest(start: number, holds: (position: number) => boolean): number {
    let low = start;
    let high = this.#numbers.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (holds(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
