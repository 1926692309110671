import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LatencyRecorder } from "./latency-recorder.ts";

describe("latencies for metrics", () => {
  test("are those of the last few samples, wherever they lie", () => {
    const samples = fc.array(fc.oneof(fc.nat({ max: 5 }), fc.double({ min: 0, max: 1e6, noNaN: true })));
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 9 }), (durations, samplesMax) => {
        const recorder = new LatencyRecorder(samplesMax);
        for (const duration of durations) recorder.record(duration);
        const kept = durations.slice(-samplesMax).toSorted((left, right) => left - right);
        const at = (share: number): number => kept[Math.min(kept.length - 1, Math.floor(kept.length * share))] ?? 0;
        expect(recorder.summary()).toEqual({
          count: durations.length,
          p50Ms: at(0.5),
          p99Ms: at(0.99),
          maxMs: kept.at(-1) ?? 0,
        });
      }),
    );
  });
});
