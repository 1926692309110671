import { assert, type CancelTimer, type Clock } from "@aspenjs/api";

/** Time that moves only when it is told to. Events run in the order of their time, then of their making. */
export interface VirtualClock extends Clock {
  /** Runs everything that falls due within the next `ms`, with every promise settled between two events. */
  advance(ms: number): Promise<void>;
  /** Runs events, as fast as they come, until the promise settles. Fails when virtual time runs out on it. */
  settle<Value>(promise: Promise<Value>, withinMs?: number): Promise<Value>;
  /** Runs the next event, moving time to it, without letting promises settle. `false`: there is none. */
  runNext(): boolean;
  readonly pendingTimers: number;
  readonly pendingDeferred: number;
}

export interface VirtualClockOptions {
  readonly startMs?: number;
  /** Wall clock at the start. */
  readonly wallStartMs?: number;
}

interface VirtualTimer {
  readonly dueAtMs: number;
  readonly sequence: number;
  readonly callback: () => void;
}

const SETTLE_WITHIN_MS = 600_000;

export function createVirtualClock(options: VirtualClockOptions = {}): VirtualClock {
  const { startMs = 0, wallStartMs = 1_700_000_000_000 } = options;
  const timers = new TimerQueue();
  const deferred: (() => void)[] = [];
  let nowMs = startMs;
  let sequence = 0;

  const runNext = (untilMs = Number.POSITIVE_INFINITY): boolean => {
    const callback = deferred.shift();
    if (callback !== undefined) {
      callback();
      return true;
    }
    const timer = timers.takeDue(untilMs);
    if (timer === undefined) return false;
    nowMs = Math.max(nowMs, timer.dueAtMs);
    timer.callback();
    return true;
  };

  return {
    nowMs: () => nowMs,
    wallMs: () => wallStartMs + Math.floor(nowMs - startMs),
    setTimer: (delayMs, callback): CancelTimer => {
      assert(delayMs >= 0, "a timer lies ahead");
      sequence += 1;
      const timer: VirtualTimer = { dueAtMs: nowMs + delayMs, sequence, callback };
      timers.add(timer);
      return () => timers.remove(timer);
    },
    defer: (callback) => {
      deferred.push(callback);
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      await promisesSettled();
      while (runNext(untilMs)) await promisesSettled();
      nowMs = untilMs;
    },
    async settle(promise, withinMs = SETTLE_WITHIN_MS) {
      const untilMs = nowMs + withinMs;
      let isSettled = false;
      const mark = (): void => {
        isSettled = true;
      };
      promise.then(mark, mark);
      await promisesSettled();
      while (!isSettled) {
        if (!runNext(untilMs)) throw new Error(`nothing more happens within ${withinMs} ms of virtual time`);
        await promisesSettled();
      }
      return promise;
    },
    runNext: () => runNext(),
    get pendingTimers() {
      return timers.size;
    },
    get pendingDeferred() {
      return deferred.length;
    },
  };
}

/** A turn of the real event loop: every chain of settled promises has run out by then. */
function promisesSettled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Sorted by due time and making, the next one last. */
class TimerQueue {
  readonly #timers: VirtualTimer[] = [];

  get size(): number {
    return this.#timers.length;
  }

  add(timer: VirtualTimer): void {
    this.#timers.splice(this.#positionOf(timer), 0, timer);
  }

  remove(timer: VirtualTimer): void {
    const position = this.#positionOf(timer);
    if (this.#timers[position] === timer) this.#timers.splice(position, 1);
  }

  takeDue(untilMs: number): VirtualTimer | undefined {
    const next = this.#timers.at(-1);
    if (next === undefined || next.dueAtMs > untilMs) return undefined;
    return this.#timers.pop();
  }

  /** First position whose timer is not later than this one. */
  #positionOf(timer: VirtualTimer): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#timers[middle];
      if (other !== undefined && isLater(other, timer)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isLater(left: VirtualTimer, right: VirtualTimer): boolean {
  return left.dueAtMs === right.dueAtMs ? left.sequence > right.sequence : left.dueAtMs > right.dueAtMs;
}
