import { AspenError, type CallOptions, type Clock } from "@aspenjs/api";
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

/**
 * What the work comes to, unless the caller's time is up before. The work goes on all the same, so that nobody knows
 * what becomes of it. @throws AspenError `timeout`
 */
export async function whileWanted<Value>(
  clock: Clock,
  options: CallOptions,
  what: string,
  work: () => Promise<Value>,
): Promise<Value> {
  const { deadlineMs = limits.callMsDefault, signal } = options;
  if (signal?.aborted === true) throw abandoned(`${what}: the caller gave up before the call began`, signal);
  const { promise, resolve, reject } = Promise.withResolvers<Value>();
  const cancelTimer = clock.setTimer(deadlineMs, () => {
    reject(new AspenError("timeout", `${what} has not ended within ${deadlineMs} ms; it may yet`));
  });
  const onAbort = (): void => reject(abandoned(`${what}: the caller gave up; it may yet take effect`, signal));
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    work().then(resolve, reject);
    return await promise;
  } finally {
    cancelTimer();
    signal?.removeEventListener("abort", onAbort);
  }
}

function abandoned(message: string, signal: AbortSignal | undefined): AspenError {
  return new AspenError("timeout", message, { retryable: false, cause: signal?.reason });
}
