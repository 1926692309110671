import type { Clock } from "@aspenjs/api";

const TIMER_MS_MAX = 2 ** 31 - 1;

/** The machine's time. Deferred work runs in the check phase: after all the input that this turn of the loop brought. */
export function createSystemClock(): Clock {
  return {
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
    setTimer: (delayMs, callback) => {
      const timer = setTimeout(callback, Math.min(TIMER_MS_MAX, Math.ceil(delayMs)));
      return () => clearTimeout(timer);
    },
    defer: (callback) => {
      setImmediate(callback);
    },
  };
}
