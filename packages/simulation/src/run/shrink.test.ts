import { expect, test } from "vitest";
import { drawRunOptions } from "./drawn-options.ts";
import type { RunOptions } from "./run-options.ts";
import type { RunReport } from "./run.ts";
import { shrinkRun } from "./shrink.ts";

/** As if the run needed just these strokes, and two clients, to fail. */
function createFailing(options: RunOptions) {
  const needed = [options.plan[3], options.plan[7]].map((stroke) => stroke?.seed);
  const lived: RunOptions[] = [];
  const simulate = (tried: RunOptions): Promise<RunReport> => {
    lived.push(tried);
    const isFailing =
      needed.every((seed) => tried.plan.some((stroke) => stroke.seed === seed)) && tried.clientCount >= 2;
    const checker = tried.groupCount === 1 ? "another one" : "the one";
    const violation = isFailing ? { checker, message: "it fails", atUs: 30_000_000 } : undefined;
    return Promise.resolve({ options: tried, violation, metrics: {}, traceHash: "" } as unknown as RunReport);
  };
  return { needed, lived, simulate };
}

const OPTIONS: RunOptions = { ...drawRunOptions(3), clientCount: 5, groupCount: 3, nodeCount: 3 };

test("what is left fails in the same way, and no stroke or client could be left out", async () => {
  const { needed, simulate } = createFailing(OPTIONS);
  const { report } = await shrinkRun(await simulate(OPTIONS), { simulate, runsMax: 500 });
  expect(report.options.plan.map(({ seed }) => seed)).toEqual(needed);
  expect(report.options.clientCount).toBe(2);
  // With one group it fails otherwise: that is another finding, and not a smaller one.
  expect(report.options.groupCount).toBe(3);
  expect(report.violation?.checker).toBe("the one");
});

test("it costs no more runs than allowed, and never gives back what does not fail", async () => {
  for (const runsMax of [0, 1, 5, 12]) {
    const { lived, simulate } = createFailing(OPTIONS);
    const { report, runs } = await shrinkRun(await simulate(OPTIONS), { simulate, runsMax });
    expect(runs).toBeLessThanOrEqual(runsMax);
    expect(lived.length).toBe(runs + 1);
    expect(report.violation).toBeDefined();
  }
});
