import type { NodeConfig } from "@aspenjs/cluster";
import { createCheckers } from "../checkers/all-checkers.ts";
import { BoundedQueues } from "../checkers/bounded-queues.ts";
import { Liveness } from "../checkers/liveness.ts";
import { prepareProcess } from "../cluster/preparation.ts";
import { World } from "../cluster/world.ts";
import { watchRejections } from "../event-loop/rejections.ts";
import { NEVER } from "../random/ratio.ts";
import type { TraceLine } from "../run/trace.ts";
import type { Violation } from "../run/violation.ts";
import { Operator } from "../workload/operator.ts";
import { Stage } from "./stage.ts";

export type Scenario = (stage: Stage) => Promise<void>;

export interface ScenarioOptions {
  /** Default 3. */
  readonly nodeCount?: number;
  readonly config?: Partial<NodeConfig>;
  /** Whether everything must come back once the scenario is over. Default: it must. */
  readonly mustRecover?: boolean;
}

export interface ScenarioReport {
  readonly seed: number;
  readonly violation: Violation | undefined;
  readonly traceHash: string;
  readonly virtualMs: number;
  readonly events: readonly TraceLine[];
}

const FORMING_MS = 20_000;
const CONVERGENCE_US = 60_000_000;
const QUALITY = {
  delayUsMin: 100,
  delayUsMax: 3_000,
  slow: NEVER,
  slowUsMax: 1,
  loss: NEVER,
  corruption: NEVER,
  bytesPerMs: 0,
};
const PACE = { syncUsMin: 100, syncUsMax: 2_000, workUsMax: 0 };

/**
 * A cluster that has formed, a story that happens to it, and every checker watching. What the scenario throws is a
 * violation like any other.
 */
export async function runScenario(
  seed: number,
  scenario: Scenario,
  options: ScenarioOptions = {},
): Promise<ScenarioReport> {
  await prepareProcess();
  const events: TraceLine[] = [];
  const checkers = createCheckers({
    areChecksumsInstant: true,
    onMismatch: (message) => world.fail("state-machine-safety", message),
  });
  const world = new World({
    seed,
    config: options.config ?? {},
    quality: QUALITY,
    pace: PACE,
    driftPpmMax: undefined,
    observers: Object.values(checkers),
    onTraceLine: (line) => void events.push(line),
  });
  new BoundedQueues(world).watch();
  const stage = new Stage(world);
  const play = async (): Promise<void> => {
    try {
      await form(stage, options.nodeCount ?? 3);
      await scenario(stage);
    } catch (error) {
      world.failWith("scenario", error);
    }
    stage.heal();
    if (options.mustRecover === false) return;
    await new Liveness(world).assertWhole(CONVERGENCE_US, checkers.stateMachineSafety);
  };
  await watchRejections((error) => world.failWith("uncaught", error, "a promise that nobody awaits: "), play);
  return {
    seed,
    violation: world.violation,
    traceHash: world.trace.digest(world.time.eventCount),
    virtualMs: Math.round(world.time.nowUs / 1_000),
    events,
  };
}

async function form(stage: Stage, nodeCount: number): Promise<void> {
  const nodeIds = Array.from({ length: nodeCount }, (_, position) => position + 1);
  for (const nodeId of nodeIds) stage.world.addNode(nodeId).start();
  const operator = new Operator(stage.world, nodeCount);
  operator.found(nodeIds);
  await stage.until("the cluster is founded", () => operator.counts.init === 1, FORMING_MS);
}
