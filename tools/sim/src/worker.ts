/** A process that lives through seeds: `seed-farm.ts` starts it and tells it which. */
import { inspect } from "node:util";
import { drawRunOptions, simulateRun, type RunReport, type Violation } from "@aspenjs/simulation";
import { DETERMINISM, type SeedMessage, type SeedOrder, type SeedResult } from "./farm-message.ts";
import { withStateDisks } from "./state-directory.ts";

const STACK_FRAMES = 50;

// Stacks cost more than the errors that carry them; one seed alone shows them.
Error.stackTraceLimit = 0;

// Whoever started this process ends it.
process.on("SIGINT", () => {});

process.on("message", (order: SeedOrder) => {
  void liveThrough(order);
});

async function liveThrough({ seeds, ...order }: SeedOrder): Promise<void> {
  for (const seed of seeds) {
    try {
      send({ kind: "lived", result: await liveSeed(seed, order) });
    } catch (error) {
      send({ kind: "crashed", crash: { seed, error: await stackOf(error, () => liveSeed(seed, order)) } });
    }
  }
}

async function liveSeed(seed: number, { choices, isTwice, stateKind }: Omit<SeedOrder, "seeds">): Promise<SeedResult> {
  const before = process.cpuUsage();
  const options = drawRunOptions(seed, choices);
  const live = (): Promise<RunReport> => withStateDisks(stateKind, (around) => simulateRun(options, around));
  const first = await live();
  const violation = isTwice ? difference(first, await live()) : first.violation;
  const { user, system } = process.cpuUsage(before);
  const { metrics, traceHash } = first;
  return { seed, violation, metrics, traceHash, cpuMs: (user + system) / 1_000 };
}

/** Of an error that came without one: the seed makes it again. */
async function stackOf(error: unknown, again: () => Promise<unknown>): Promise<string> {
  Error.stackTraceLimit = STACK_FRAMES;
  try {
    await again();
  } catch (repeated) {
    return inspect(repeated);
  } finally {
    Error.stackTraceLimit = 0;
  }
  return `${inspect(error)}, once and not again`;
}

/** One seed decides everything, or the simulation itself is broken. */
function difference(first: RunReport, second: RunReport): Violation | undefined {
  if (first.traceHash === second.traceHash) return first.violation;
  const message = `two runs of one seed differ: ${first.traceHash} and ${second.traceHash}`;
  return { checker: DETERMINISM, message, atUs: 0 };
}

function send(message: SeedMessage): void {
  process.send?.(message);
}
