import { expect, test } from "vitest";
import { drawRunOptions } from "../src/run/drawn-options.ts";
import { simulateRun } from "../src/run/run.ts";

test("one seed decides everything; another one decides otherwise", async () => {
  const options = drawRunOptions(11, { chaosMs: 8_000 });
  const first = await simulateRun(options);
  const again = await simulateRun(options);
  const other = await simulateRun(drawRunOptions(12, { chaosMs: 8_000 }));
  expect(again.traceHash).toBe(first.traceHash);
  expect(again.metrics).toEqual(first.metrics);
  expect(other.traceHash).not.toBe(first.traceHash);
});

test("a run can be lived through again from its options alone", async () => {
  const options = drawRunOptions(13, { chaosMs: 8_000 });
  const first = await simulateRun(options);
  const again = await simulateRun(JSON.parse(JSON.stringify(options)) as typeof options);
  expect(again.traceHash).toBe(first.traceHash);
});

test("the plan of faults is drawn from the seed, each stroke with dice of its own", () => {
  const { plan } = drawRunOptions(14);
  expect(plan.length).toBeGreaterThan(5);
  expect(drawRunOptions(14).plan).toEqual(plan);
  expect(new Set(plan.map(({ seed }) => seed)).size).toBe(plan.length);
});
