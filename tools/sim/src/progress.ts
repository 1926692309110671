const WIDTH = 30;
const PLAIN_LINE_EVERY_MS = 10_000;

export interface ProgressState {
  readonly done: number;
  readonly all: number;
  readonly virtualMs: number;
  readonly violations: number;
}

/** How far a search is: a bar on a terminal, a line now and then elsewhere. On standard error. */
export class Progress {
  readonly #startMs = performance.now();
  #shownMs = 0;
  #isShown = false;

  show(state: ProgressState): void {
    const nowMs = performance.now();
    const everyMs = process.stderr.isTTY ? 100 : PLAIN_LINE_EVERY_MS;
    if (nowMs - this.#shownMs < everyMs && state.done < state.all) return;
    this.#shownMs = nowMs;
    this.#isShown = true;
    const text = progressText(state, nowMs - this.#startMs);
    process.stderr.write(process.stderr.isTTY ? `\r${text}\u001b[K` : `${text}\n`);
  }

  /** Before anything else is printed. */
  clear(): void {
    if (this.#isShown && process.stderr.isTTY) process.stderr.write("\r\u001b[K");
    this.#isShown = false;
  }
}

function progressText({ done, all, virtualMs, violations }: ProgressState, elapsedMs: number): string {
  const filled = all === 0 ? WIDTH : Math.floor((WIDTH * done) / all);
  const bar = "█".repeat(filled) + "░".repeat(WIDTH - filled);
  const perSecond = ((done * 1_000) / Math.max(1, elapsedMs)).toFixed(1);
  const hours = (virtualMs / 3_600_000).toFixed(2);
  return `${bar} ${done}/${all} seeds, ${perSecond}/s, ${hours} h simulated, ${violations} violations`;
}
