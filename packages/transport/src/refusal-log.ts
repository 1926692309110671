import type { Clock, ErrorCode, Logger, PeerId } from "@aspenjs/api";

const WINDOW_MS = 1_000;

/** One line per refusal, and no flood of lines from a flood of frames: what was left out is counted in the next line. */
export class RefusalLog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #linesPerSecondMax: number;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #linesInWindow = 0;
  #leftOut = 0;

  constructor(clock: Clock, logger: Logger, linesPerSecondMax: number) {
    this.#clock = clock;
    this.#logger = logger;
    this.#linesPerSecondMax = linesPerSecondMax;
  }

  refused(peerId: PeerId, what: string, code: ErrorCode, protocol?: string): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#windowStartMs >= WINDOW_MS) {
      this.#windowStartMs = nowMs;
      this.#linesInWindow = 0;
    }
    if (this.#linesInWindow >= this.#linesPerSecondMax) {
      this.#leftOut += 1;
      return;
    }
    this.#linesInWindow += 1;
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    this.#logger.log("warn", "refused", { peerId, what, code, ...(protocol !== undefined && { protocol }), leftOut });
  }
}
