import { AspenError, type KeyValueStore } from "@aspenjs/api";

const ERRORS_MAX = 20;
const ADVANCE_MS_MAX = 60_000;

const textDecoder = new TextDecoder();
const textEncoder = new TextEncoder();

export interface CounterReport {
  /** Increments that were acknowledged. */
  readonly acknowledged: number;
  /** Errors that the caller saw, the client's own retries not among them. */
  readonly errors: readonly AspenError[];
  /** Longest time between two acknowledgements, in milliseconds. */
  readonly longestGapMs: number;
}

/**
 * A closed loop that increments one counter: reads it, and swaps it for one more. Whoever increments alone knows what
 * the counter must be, so that a lost or doubled write cannot hide.
 */
export class CountingWriter {
  readonly #store: KeyValueStore;
  readonly #key: string;
  readonly #errors: AspenError[] = [];
  #acknowledged = 0;
  #lastAckMs = 0;
  #longestGapMs = 0;
  #isStopping = false;
  /** Who waits for the next acknowledgement, or error. */
  #waiting: (() => void)[] = [];
  #running: Promise<void> = Promise.resolve();

  constructor(store: KeyValueStore, key: string) {
    this.#store = store;
    this.#key = key;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  async start(): Promise<void> {
    await this.#store.write({ kind: "set", key: this.#key, value: textEncoder.encode("0") });
    this.#lastAckMs = performance.now();
    this.#running = this.#run();
  }

  /** Resolves after so many acknowledgements from now on. Rejects at the writer's first error, and when it takes too long. */
  async advancedBy(count: number, withinMs = ADVANCE_MS_MAX): Promise<void> {
    const target = this.#acknowledged + count;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, withinMs);
    while (this.#acknowledged < target && this.#errors.length === 0 && !isLate) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    clearTimeout(timer);
    if (this.#acknowledged >= target) return;
    const missing = `the writer is ${target - this.#acknowledged} of ${count} acknowledgements short`;
    const [cause] = this.#errors;
    throw new Error(isLate ? `${missing} after ${withinMs} ms` : missing, { cause });
  }

  async stop(): Promise<CounterReport> {
    this.#isStopping = true;
    await this.#running;
    return { acknowledged: this.#acknowledged, errors: this.#errors, longestGapMs: this.#longestGapMs };
  }

  /** Longest gap since the last call; the one that is still open counts. */
  takeLongestGapMs(): number {
    const gapMs = Math.max(this.#longestGapMs, performance.now() - this.#lastAckMs);
    this.#longestGapMs = 0;
    return gapMs;
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      try {
        await this.#increment();
        this.#acknowledge();
      } catch (error) {
        if (!(error instanceof AspenError)) throw error;
        this.#errors.push(error);
        this.#wake();
        // Whatever went wrong does not mend itself: the report says so, and the loop must not spin on it.
        if (this.#errors.length >= ERRORS_MAX) return;
      }
    }
  }

  /** The swap expects what this writer wrote last: had it taken effect twice, the next one would be in conflict. */
  async #increment(): Promise<void> {
    const expected = { kind: "value", value: textEncoder.encode(String(this.#acknowledged)) } as const;
    const value = textEncoder.encode(String(this.#acknowledged + 1));
    const result = await this.#store.write({ kind: "compareAndSwap", key: this.#key, expected, value });
    if (result.outcome === "ok") return;
    const actual = result.actual === undefined ? "nothing" : textDecoder.decode(result.actual.value);
    throw new AspenError("conflict", `the counter is ${actual}, not ${this.#acknowledged}`);
  }

  #acknowledge(): void {
    const nowMs = performance.now();
    this.#longestGapMs = Math.max(this.#longestGapMs, nowMs - this.#lastAckMs);
    this.#lastAckMs = nowMs;
    this.#acknowledged += 1;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}

/** What the counter says now, linearizably. */
export async function readCounter(store: KeyValueStore, key: string): Promise<number> {
  const { entry } = await store.get({ key });
  return entry === undefined ? 0 : Number(textDecoder.decode(entry.value));
}
