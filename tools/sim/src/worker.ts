/** A process that lives through seeds: `seed-farm.ts` starts it and tells it which. */
import { drawRunOptions, simulateRun, type RunReport, type Violation } from "@aspenjs/simulation";
import type { SeedOrder, SeedResult } from "./farm-message.ts";
import { withStateDisks } from "./state-directory.ts";

// Stacks cost more than the errors that carry them; one seed alone shows them.
Error.stackTraceLimit = 0;

// Whoever started this process ends it.
process.on("SIGINT", () => {});

process.on("message", (order: SeedOrder) => {
  void liveThrough(order);
});

async function liveThrough({ seeds, choices, isTwice, stateKind }: SeedOrder): Promise<void> {
  for (const seed of seeds) {
    const before = process.cpuUsage();
    const options = drawRunOptions(seed, choices);
    const live = (): Promise<RunReport> => withStateDisks(stateKind, (around) => simulateRun(options, around));
    const first = await live();
    const violation = isTwice ? difference(first, await live()) : first.violation;
    const { user, system } = process.cpuUsage(before);
    const { metrics, traceHash } = first;
    send({ seed, violation, metrics, traceHash, cpuMs: (user + system) / 1_000 });
  }
}

/** One seed decides everything, or the simulation itself is broken. */
function difference(first: RunReport, second: RunReport): Violation | undefined {
  if (first.traceHash === second.traceHash) return first.violation;
  const message = `two runs of one seed differ: ${first.traceHash} and ${second.traceHash}`;
  return { checker: "determinism", message, atUs: 0 };
}

function send(result: SeedResult): void {
  process.send?.(result);
}
