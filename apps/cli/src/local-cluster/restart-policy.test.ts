import { expect, test } from "vitest";
import { limits } from "../limits.ts";
import { RestartPolicy } from "./restart-policy.ts";

test("the delay doubles with every death in a row, until somebody should look", () => {
  const policy = new RestartPolicy();
  const decisions = Array.from({ length: 7 }, () => policy.died(100));
  expect(decisions.map((decision) => (decision.kind === "restart" ? decision.delayMs : "gives up"))).toEqual([
    250,
    500,
    1_000,
    2_000,
    4_000,
    8_000,
    "gives up",
  ]);
});

test("a node that ran for long is restarted as if for the first time", () => {
  const policy = new RestartPolicy();
  for (let death = 0; death < 20; death += 1) {
    expect(policy.died(limits.restartForgetMs)).toEqual({ kind: "restart", delayMs: 250 });
  }
});
