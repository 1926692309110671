import type { Host } from "./host.ts";
import { limits } from "./limits.ts";

/** The user has asked to stop. Not a failure of anything. */
export class Interruption extends Error {
  override readonly name = "Interruption";

  constructor() {
    super("interrupted");
  }
}

export interface InterruptionWatch {
  /** Aborted when the user asks to stop. */
  readonly signal: AbortSignal;
  /** Resolves then, too. */
  readonly asked: Promise<void>;
  /** Rejects with `Interruption` as soon as the user asks to stop, whatever the promise does; else what it comes to. */
  guard<Value>(promise: Promise<Value>): Promise<Value>;
  /** From now on a signal does what it does to any process. */
  end(): void;
}

/** Ctrl-C, or a request to terminate, as an event. Twice is for those who mean it. */
export function watchForInterruption(host: Host, onSecond: () => void): InterruptionWatch {
  const asking = new AbortController();
  const asked = Promise.withResolvers<void>();
  let firstAtMs: number | undefined;
  const end = host.onInterrupt(() => {
    if (firstAtMs === undefined) {
      firstAtMs = host.nowMs();
      asking.abort();
      asked.resolve();
      return;
    }
    // A program that runs this one may pass on what the terminal has sent to both: one key, two signals.
    if (host.nowMs() - firstAtMs >= limits.interruptEchoMs) onSecond();
  });
  return {
    signal: asking.signal,
    asked: asked.promise,
    end,
    guard: (promise) =>
      Promise.race([
        promise,
        asked.promise.then(() => {
          throw new Interruption();
        }),
      ]),
  };
}
