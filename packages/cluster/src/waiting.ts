import { AspenError, type Clock } from "@aspenjs/api";
import { limits } from "./limits.ts";

/** Looks again and again until `look` finds something. @throws AspenError `timeout` */
export async function waitUntil<Value>(
  clock: Clock,
  deadlineMs: number,
  what: string,
  look: () => Value | undefined,
): Promise<Value> {
  const endMs = clock.nowMs() + deadlineMs;
  for (;;) {
    const value = look();
    if (value !== undefined) return value;
    if (clock.nowMs() >= endMs) throw new AspenError("timeout", `not within ${deadlineMs} ms: ${what}`);
    await new Promise<void>((resolve) => clock.setTimer(limits.pollMs, resolve));
  }
}
