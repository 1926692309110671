import type { Clock } from "./ports/clock.ts";
import type { LogFields, Logger, LogLevel } from "./ports/logger.ts";

export interface LimitedLoggerOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  /** Of each kind of line. */
  readonly linesPerSecondMax: number;
  /** What a line is about; its message when left out. Must not be made of what a stranger chooses. */
  readonly kindOf?: (message: string, fields: LogFields) => string;
}

const WINDOW_MS = 1_000;
/** Of one second; a kind beyond them is left out, so that memory stays bounded whatever `kindOf` does. */
const KINDS_MAX = 256;

/**
 * For lines that a stranger can cause: a flood of requests must not become a flood of lines, nor hide what else happens.
 * Lines that were left out are counted in the next one, as `leftOut`. Its children share the measure.
 */
export function limitedLogger(options: LimitedLoggerOptions): Logger {
  return new LimitedLogger(options.logger, new LineMeter(options));
}

class LimitedLogger implements Logger {
  readonly #logger: Logger;
  readonly #meter: LineMeter;

  constructor(logger: Logger, meter: LineMeter) {
    this.#logger = logger;
    this.#meter = meter;
  }

  log(level: LogLevel, message: string, fields: LogFields = {}): void {
    const leftOut = this.#meter.take(message, fields);
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
  readonly #kindOf: (message: string, fields: LogFields) => string;
  readonly #linesByKind = new Map<string, number>();
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #leftOut = 0;

  constructor({ clock, linesPerSecondMax, kindOf = (message) => message }: LimitedLoggerOptions) {
    this.#clock = clock;
    this.#linesMax = linesPerSecondMax;
    this.#kindOf = kindOf;
  }

  /** How many lines were left out since the last one that was written; `undefined` for one that is left out itself. */
  take(message: string, fields: LogFields): number | undefined {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#windowStartMs >= WINDOW_MS) {
      this.#windowStartMs = nowMs;
      this.#linesByKind.clear();
    }
    const kind = this.#kindOf(message, fields);
    const lines = this.#linesByKind.get(kind) ?? 0;
    if (lines >= this.#linesMax || (lines === 0 && this.#linesByKind.size >= KINDS_MAX)) {
      this.#leftOut += 1;
      return undefined;
    }
    this.#linesByKind.set(kind, lines + 1);
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return leftOut;
  }
}
