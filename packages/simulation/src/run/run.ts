/**
 * One run: a cluster forms, faults and clients go at it, everything heals, and then the cluster must serve and agree
 * within a bound of virtual time: when it is whole, with a bare majority, and when it is whole again. As in the
 * simulators of TigerBeetle and openraft, what is safe must be so all the time, what is live once the faults stop.
 */
import type { NodeId } from "@aspenjs/api";
import { createCheckers, type Checkers } from "../checkers/all-checkers.ts";
import { BoundedQueues } from "../checkers/bounded-queues.ts";
import { Linearizability } from "../checkers/linearizability.ts";
import { Liveness } from "../checkers/liveness.ts";
import { prepareProcess } from "../cluster/preparation.ts";
import { World } from "../cluster/world.ts";
import type { StateDisk } from "../disk/state-disk.ts";
import { watchRejections } from "../event-loop/rejections.ts";
import type { Workload } from "../workload/workload.ts";
import { Chaos } from "./chaos.ts";
import { breakMinority } from "./minority.ts";
import { collectMetrics, type RunMetrics } from "./run-metrics.ts";
import type { RunOptions } from "./run-options.ts";
import type { TraceLine } from "./trace.ts";
import type { Violation } from "./violation.ts";

export interface RunReport {
  readonly options: RunOptions;
  readonly violation: Violation | undefined;
  readonly metrics: RunMetrics;
  /** Equal for two runs exactly if they did the same things at the same times. */
  readonly traceHash: string;
}

const CONVERGENCE_US = 60_000_000;

/** Besides what decides the run: who watches it, and what it stands on. */
export interface RunSurroundings {
  /** Sees every line as it happens. */
  readonly onTraceLine?: ((line: TraceLine) => void) | undefined;
  /** Default: virtual disks. */
  readonly createStateDisk?: ((nodeId: NodeId) => StateDisk) | undefined;
}

/**
 * Lives through one run. One at a time in a process: fault points are the process's.
 * What goes wrong in the cluster is in the report; a rejection is a bug of the simulation itself.
 */
export async function simulateRun(options: RunOptions, around: RunSurroundings = {}): Promise<RunReport> {
  await prepareProcess();
  const checkers = createCheckers({
    areChecksumsInstant: around.createStateDisk === undefined,
    onMismatch: (message) => world.fail("state-machine-safety", message),
  });
  const { seed, config, quality, pace, driftPpmMax, historyRevisionsMax } = options;
  const observers = Object.values(checkers);
  const world = new World({ seed, config, quality, pace, driftPpmMax, historyRevisionsMax, observers, ...around });
  const chaos = new Chaos(world, options, checkers);
  const queues = new BoundedQueues(world);
  queues.watch();
  await watchRejections(
    (error) => world.failWith("uncaught", error, "a promise that nobody awaits: "),
    async () => {
      await chaos.live();
      await recover(world, checkers, chaos.workload);
    },
  );
  chaos.workload.abandonAll();
  const linearizability = new Linearizability({ keys: chaos.keys, history: checkers.history });
  if (world.violation === undefined) {
    const problem = linearizability.problemOf(chaos.workload.calls);
    if (problem !== undefined) world.fail(linearizability.name, problem);
  }
  return {
    options,
    violation: world.violation,
    metrics: collectMetrics({ world, chaos, checkers, queues, linearizability }),
    traceHash: world.trace.digest(world.time.eventCount),
  };
}

/** Twice whole, and in between with a bare majority. */
async function recover(
  world: World,
  { stateMachineSafety, answers, watchOrder, logOrder }: Checkers,
  workload: Workload,
): Promise<void> {
  const liveness = new Liveness(world);
  await liveness.assertWhole(CONVERGENCE_US, stateMachineSafety);
  if (world.violation !== undefined) return;
  const mend = breakMinority(world, world.random.child("minority"));
  await liveness.assertServing(CONVERGENCE_US);
  mend();
  await liveness.assertWhole(CONVERGENCE_US, stateMachineSafety);
  await liveness.assertLeasesEnd(CONVERGENCE_US);
  await liveness.assertWatchersTold(CONVERGENCE_US, workload.watchers);
  world.judge(watchOrder.name, () => watchOrder.assertSettled());
  world.judge(logOrder.name, () => logOrder.assertSettled());
  world.judge(answers.name, () => answers.assertSettled());
  world.judge(answers.name, () => answers.assertRefusalsKept());
}
