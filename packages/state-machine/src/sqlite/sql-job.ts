import { AspenError, type SqlReading, type SqlReadResult } from "@aspenjs/api";

export interface SqlJobPromise {
  readonly resolve: (result: SqlReadResult) => void;
  readonly reject: (error: AspenError) => void;
}

/** One query from when it is asked until it has its end: an answer, a failure, its deadline or its caller's signal. */
export class SqlJob {
  readonly reading: SqlReading;
  /** Ends what runs for it. */
  onInterrupted: (() => void) | undefined;
  readonly #promise: SqlJobPromise;
  readonly #endMs: number;
  readonly #timer: NodeJS.Timeout;
  readonly #onAbort = (): void => this.interrupt(new AspenError("timeout", "the caller gave up", { retryable: false }));
  #isEnded = false;

  constructor(reading: SqlReading, promise: SqlJobPromise) {
    this.reading = reading;
    this.#promise = promise;
    this.#endMs = performance.now() + reading.deadlineMs;
    this.#timer = setTimeout(() => this.interrupt(this.#timeout()), reading.deadlineMs);
    if (reading.signal?.aborted === true) this.#onAbort();
    else reading.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  get remainingMs(): number {
    return Math.max(1, this.#endMs - performance.now());
  }

  complete(result: SqlReadResult): void {
    if (this.#finish()) this.#promise.resolve(result);
  }

  fail(error: AspenError): void {
    if (this.#finish()) this.#promise.reject(error);
  }

  interrupt(error: AspenError): void {
    this.fail(error);
    this.onInterrupted?.();
  }

  #finish(): boolean {
    if (this.#isEnded) return false;
    this.#isEnded = true;
    clearTimeout(this.#timer);
    this.reading.signal?.removeEventListener("abort", this.#onAbort);
    return true;
  }

  #timeout(): AspenError {
    const { deadlineMs } = this.reading;
    const wasRunning = this.onInterrupted !== undefined;
    const message = wasRunning ? "the query was interrupted" : "the query waited for other queries";
    return new AspenError("timeout", `${message}: ${Math.round(deadlineMs)} ms have passed`, {
      retryable: false,
      details: { deadlineMs },
    });
  }
}
