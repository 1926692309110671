import { createVirtualClock } from "@aspenjs/transport/testing";
import { expect, test } from "vitest";
import { whileWanted } from "./waiting.ts";

const forever = (): Promise<never> => new Promise(() => {});

test("a call ends at its deadline, wherever its work is, and leaves no timer", async () => {
  const clock = createVirtualClock();
  const [outcome] = await Promise.allSettled([
    whileWanted(clock, { deadlineMs: 500 }, "waiting", forever),
    clock.advance(500),
  ]);
  const message = "waiting has not ended within 500 ms; it may yet";
  expect(outcome).toMatchObject({ status: "rejected", reason: { code: "timeout", message } });
  expect(await whileWanted(clock, {}, "working", async () => 7)).toBe(7);
  expect(clock.pendingTimers).toBe(0);
});

test("a call ends at its signal, and does not begin after it", async () => {
  const clock = createVirtualClock();
  const controller = new AbortController();
  let begun = 0;
  const work = (): Promise<never> => {
    begun += 1;
    return forever();
  };
  const call = whileWanted(clock, { signal: controller.signal }, "waiting", work);
  controller.abort(new Error("enough"));
  await expect(call).rejects.toMatchObject({ code: "timeout", retryable: false, cause: { message: "enough" } });
  await expect(whileWanted(clock, { signal: controller.signal }, "waiting", work)).rejects.toMatchObject({
    code: "timeout",
  });
  expect([begun, clock.pendingTimers]).toEqual([1, 0]);
});
