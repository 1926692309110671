import { expect, test } from "vitest";
import { MemoryHost } from "../test/memory-host.ts";
import { Interruption, watchForInterruption } from "./interruption.ts";
import { limits } from "./limits.ts";

function watched() {
  const host = new MemoryHost();
  let seconds = 0;
  const watch = watchForInterruption(host.host(), () => (seconds += 1));
  return { host, watch, seconds: () => seconds };
}

test("what is guarded ends as soon as the user asks to stop", async () => {
  const { host, watch } = watched();
  const guarded = watch.guard(new Promise(() => {}));
  host.interrupt();
  await expect(guarded).rejects.toThrow(Interruption);
  expect(watch.signal.aborted).toBe(true);
});

test("what is guarded comes to what it would have come to", async () => {
  const { watch } = watched();
  await expect(watch.guard(Promise.resolve(1))).resolves.toBe(1);
  await expect(watch.guard(Promise.reject(new Error("failed")))).rejects.toThrow("failed");
});

test("one press of Ctrl-C that arrives twice is one; pressed again it is the second", () => {
  const { host, seconds } = watched();
  host.interrupt();
  host.nowMs = limits.interruptEchoMs - 1;
  host.interrupt();
  expect(seconds()).toBe(0);
  host.nowMs = limits.interruptEchoMs;
  host.interrupt();
  expect(seconds()).toBe(1);
});
