import type { CancelTimer, Clock } from "@aspenjs/api";

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Time that passes only when everything has come to rest: a test with waits of hours runs in milliseconds. */
export class VirtualClock implements Clock {
  /** A binary heap; timers that were cancelled stay in it until their turn. */
  readonly #timers: Timer[] = [];
  readonly #cancelled = new Set<Timer>();
  #nowMs = 0;
  #order = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): CancelTimer {
    this.#order += 1;
    let isPending = true;
    const timer = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      order: this.#order,
      callback: () => {
        isPending = false;
        callback();
      },
    };
    this.#push(timer);
    return () => {
      if (isPending) this.#cancelled.add(timer);
      isPending = false;
    };
  }

  defer(callback: () => void): void {
    this.setTimer(0, callback);
  }

  /** Lets time pass until the promise settles. */
  async run<Value>(promise: Promise<Value>): Promise<Value> {
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    promise.then(settle, settle);
    for (let turn = 0; turn < 5_000_000; turn += 1) {
      await rest();
      if (isSettled) return promise;
      if (!this.#fireNext()) throw new Error("nothing is left that could settle the promise");
    }
    throw new Error("the promise does not settle");
  }

  /** Lets this much time pass. */
  async advance(delayMs: number): Promise<void> {
    await this.run(new Promise<void>((resolve) => this.setTimer(delayMs, resolve)));
    await rest();
  }

  #fireNext(): boolean {
    for (let timer = this.#pop(); timer !== undefined; timer = this.#pop()) {
      if (this.#cancelled.delete(timer)) continue;
      this.#nowMs = Math.max(this.#nowMs, timer.atMs);
      timer.callback();
      return true;
    }
    return false;
  }

  #push(timer: Timer): void {
    const heap = this.#timers;
    let position = heap.push(timer) - 1;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, timer)) break;
      heap[position] = above;
      position = parent;
    }
    heap[position] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#timers;
    const [first] = heap;
    const last = heap.pop();
    if (last === undefined || last === first) return first;
    let position = 0;
    for (;;) {
      let child = 2 * position + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      let smaller = left;
      if (right !== undefined && isBefore(right, left)) {
        smaller = right;
        child += 1;
      }
      if (isBefore(last, smaller)) break;
      heap[position] = smaller;
      position = child;
    }
    heap[position] = last;
    return first;
  }
}

function isBefore(left: Timer, right: Timer): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
}

/** Everything that needs no time has happened. */
function rest(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
