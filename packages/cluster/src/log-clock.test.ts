import { createVirtualClock } from "@aspenjs/transport/testing";
import { describe, expect, test } from "vitest";
import { LogClock } from "./log-clock.ts";

describe("log time", () => {
  test("goes on from what was applied at the election", async () => {
    const clock = createVirtualClock();
    const logClock = new LogClock(clock, { logTimeMs: 700 });
    await clock.advance(5_000);
    logClock.start();
    await clock.advance(30);
    expect(logClock.nowMs()).toBe(730);
  });

  test("never stays behind what is applied later, and goes on from there", async () => {
    const clock = createVirtualClock();
    const applied = { logTimeMs: 0 };
    const logClock = new LogClock(clock, applied);
    logClock.start();
    await clock.advance(10);
    expect(logClock.nowMs()).toBe(10);
    // An entry of an earlier reign, committed before the election and applied after it.
    applied.logTimeMs = 660_000;
    expect(logClock.nowMs()).toBe(660_000);
    await clock.advance(25);
    expect(logClock.nowMs()).toBe(660_025);
  });
});
