import type { LatencySummary } from "@aspenjs/api";

/**
 * The last few durations of one kind, for metrics. They are kept in order of size as well, so that asking costs nothing,
 * however often somebody does.
 */
export class LatencyRecorder {
  /** By age, in a ring. */
  readonly #samples: Float64Array;
  /** Ascending. */
  readonly #sorted: Float64Array;
  #count = 0;

  constructor(samplesMax: number) {
    this.#samples = new Float64Array(samplesMax);
    this.#sorted = new Float64Array(samplesMax);
  }

  record(durationMs: number): void {
    const slot = this.#count % this.#samples.length;
    const kept = this.#kept;
    if (kept === this.#samples.length) this.#forget(this.#samples[slot] ?? 0);
    this.#insert(durationMs, Math.min(kept, this.#samples.length - 1));
    this.#samples[slot] = durationMs;
    this.#count += 1;
  }

  summary(): LatencySummary {
    const kept = this.#kept;
    const quantile = (share: number): number =>
      kept === 0 ? 0 : (this.#sorted[Math.min(kept - 1, Math.floor(kept * share))] ?? 0);
    return { count: this.#count, p50Ms: quantile(0.5), p99Ms: quantile(0.99), maxMs: quantile(1) };
  }

  get #kept(): number {
    return Math.min(this.#count, this.#samples.length);
  }

  #forget(durationMs: number): void {
    const position = this.#position(durationMs, this.#sorted.length);
    this.#sorted.copyWithin(position, position + 1);
  }

  #insert(durationMs: number, others: number): void {
    const position = this.#position(durationMs, others);
    this.#sorted.copyWithin(position + 1, position, others);
    this.#sorted[position] = durationMs;
  }

  /** The first of so many that is not smaller. */
  #position(durationMs: number, among: number): number {
    let low = 0;
    let high = among;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] ?? 0) < durationMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
