/** The longest time without an acknowledgement from a given moment on: what a client felt of a failover. */
export class AckGap {
  #lastMs: number | undefined;
  #gapMs = 0;

  get gapMs(): number {
    return this.#gapMs;
  }

  /** From now on gaps count. */
  begin(nowMs: number): void {
    this.#lastMs = nowMs;
  }

  acknowledged(nowMs: number): void {
    if (this.#lastMs === undefined) return;
    this.#gapMs = Math.max(this.#gapMs, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
  }
}
