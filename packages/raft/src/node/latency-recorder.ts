import type { LatencySummary } from "@aspenjs/api";

/** The last few durations of one kind, for metrics. */
export class LatencyRecorder {
  readonly #samples: number[] = [];
  readonly #samplesMax: number;
  #count = 0;

  constructor(samplesMax: number) {
    this.#samplesMax = samplesMax;
  }

  record(durationMs: number): void {
    this.#samples[this.#count % this.#samplesMax] = durationMs;
    this.#count += 1;
  }

  summary(): LatencySummary {
    const sorted = this.#samples.toSorted((left, right) => left - right);
    const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return { count: this.#count, p50Ms: quantile(0.5), p99Ms: quantile(0.99), maxMs: sorted.at(-1) ?? 0 };
  }
}
