import { expect, test } from "vitest";
import { runScenario } from "./run-scenario.ts";
import type { Stage } from "./stage.ts";

const NEVER_SETTLES = new Promise<void>(() => {});

test.each<readonly [string, (stage: Stage) => Promise<void>]>([
  ["for a promise", (stage) => stage.settle(NEVER_SETTLES)],
  ["for time to pass", (stage) => stage.pass(1_000)],
  ["for something to be so", (stage) => stage.until("it is so", () => false)],
])(
  "a story that waits %s ends once a checker has noticed something, which is what is reported",
  async (_name, wait) => {
    const report = await runScenario(1, async (stage) => {
      stage.world.fail("a checker", "noticed it");
      await wait(stage);
    });
    expect(report.violation).toMatchObject({ checker: "a checker", message: "noticed it" });
  },
);

test("what a story throws is a violation, whose stack is kept beside the trace", async () => {
  const fail = async (): Promise<void> => {
    throw new TypeError("this went wrong");
  };
  const report = await runScenario(1, fail);
  expect(report.violation).toMatchObject({ checker: "scenario", message: "TypeError: this went wrong" });
  expect(report.violation?.stack).toContain("stage.test.ts");
  expect(report.events.map(({ text }) => text).join("\n")).not.toContain("stage.test.ts");
});
