import type { Clock } from "./ports/clock.ts";
import type { LogFields, Logger, LogLevel } from "./ports/logger.ts";

export interface LimitedLoggerOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly linesPerSecondMax: number;
}

const WINDOW_MS = 1_000;

/**
 * For lines that a stranger can cause: a flood of requests must not become a flood of lines. What was left out is counted
 * in the next line, as `leftOut`. Its children share the one measure.
 */
export function limitedLogger({ logger, clock, linesPerSecondMax }: LimitedLoggerOptions): Logger {
  return new LimitedLogger(logger, new LineMeter(clock, linesPerSecondMax));
}

class LimitedLogger implements Logger {
  readonly #logger: Logger;
  readonly #meter: LineMeter;

  constructor(logger: Logger, meter: LineMeter) {
    this.#logger = logger;
    this.#meter = meter;
  }

  log(level: LogLevel, message: string, fields?: LogFields): void {
    const leftOut = this.#meter.take();
    if (leftOut === undefined) return;
    this.#logger.log(level, message, leftOut === 0 ? fields : { ...fields, leftOut });
  }

  child(fields: LogFields): Logger {
    return new LimitedLogger(this.#logger.child(fields), this.#meter);
  }
}

class LineMeter {
  readonly #clock: Clock;
  readonly #linesMax: number;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #linesInWindow = 0;
  #leftOut = 0;

  constructor(clock: Clock, linesMax: number) {
    this.#clock = clock;
    this.#linesMax = linesMax;
  }

  /** How many lines were left out since the last one that was written; `undefined` for one that is left out itself. */
  take(): number | undefined {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#windowStartMs >= WINDOW_MS) {
      this.#windowStartMs = nowMs;
      this.#linesInWindow = 0;
    }
    if (this.#linesInWindow >= this.#linesMax) {
      this.#leftOut += 1;
      return undefined;
    }
    this.#linesInWindow += 1;
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return leftOut;
  }
}
