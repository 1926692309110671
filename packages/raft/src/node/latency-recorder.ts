import type { LatencySummary } from "@aspenjs/api";

/** The last few durations of one kind, for metrics. */
export class LatencyRecorder {
  readonly #samples: Float64Array;
  #count = 0;
  /** Sorting takes far longer than recording, and who asks often asks again before anything has happened. */
  #summary: LatencySummary | undefined;

  constructor(samplesMax: number) {
    this.#samples = new Float64Array(samplesMax);
  }

  record(durationMs: number): void {
    this.#samples[this.#count % this.#samples.length] = durationMs;
    this.#count += 1;
    this.#summary = undefined;
  }

  summary(): LatencySummary {
    this.#summary ??= this.#summarize();
    return this.#summary;
  }

  #summarize(): LatencySummary {
    const sorted = this.#samples.slice(0, this.#count).sort();
    const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return { count: this.#count, p50Ms: quantile(0.5), p99Ms: quantile(0.99), maxMs: sorted.at(-1) ?? 0 };
  }
}
