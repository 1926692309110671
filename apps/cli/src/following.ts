import type { Host } from "./host.ts";
import { Interruption, watchForInterruption } from "./interruption.ts";

/** Prints what comes until nothing more does, or until Ctrl-C, which is no failure here. */
export async function followUntilInterrupted(host: Host, print: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const interruption = watchForInterruption(host, () => host.exitNow());
  try {
    await interruption.guard(print(interruption.signal));
  } catch (error) {
    // To be asked to stop is how this ends.
    if (!(error instanceof Interruption)) throw error;
  } finally {
    interruption.end();
  }
}
