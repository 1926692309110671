import type { Checkers } from "../checkers/all-checkers.ts";
import type { World } from "../cluster/world.ts";
import { FaultInjector } from "../faults/fault-injector.ts";
import { FaultPoints } from "../faults/fault-points.ts";
import { KeySpace } from "../workload/key-space.ts";
import { Operator } from "../workload/operator.ts";
import { Workload } from "../workload/workload.ts";
import type { RunOptions } from "./run-options.ts";

const FORMING_US = 20_000_000;
const LAST_CALLS_US = 30_000_000;

/** The part of a run in which things go wrong. */
export class Chaos {
  readonly workload: Workload;
  readonly keys: KeySpace;
  readonly operator: Operator;
  readonly injector: FaultInjector;
  readonly faultPoints: FaultPoints;
  readonly #world: World;
  readonly #options: RunOptions;

  constructor(world: World, options: RunOptions, checkers: Checkers) {
    this.#world = world;
    this.#options = options;
    this.operator = new Operator(world, options.nodeCount);
    this.keys = new KeySpace(options.groupCount);
    this.workload = new Workload(world, {
      clientCount: options.clientCount,
      lockHolderCount: options.lockHolderCount,
      leases: checkers.leaseSafety,
      watches: checkers.watchOrder,
      log: checkers.logOrder,
      watcherCount: options.watcherCount,
      keys: this.keys,
      thinkMsMax: options.thinkMsMax,
      consistencies:
        options.config.leaseDriftMs === undefined
          ? ["linearizable", "linearizable", "stale"]
          : ["linearizable", "lease", "lease", "stale"],
    });
    this.faultPoints = new FaultPoints(world.random.child("fault points"));
    this.injector = new FaultInjector({ world, workload: this.workload, operator: this.operator });
  }

  async live(): Promise<void> {
    const { time } = this.#world;
    const nodeIds = Array.from({ length: this.#options.nodeCount }, (_, position) => position + 1);
    for (const nodeId of nodeIds) this.#world.addNode(nodeId).start();
    this.operator.found(nodeIds);
    await this.#until(() => this.operator.counts.init === 1, FORMING_US);
    if (this.operator.counts.init !== 1) this.#world.fail("liveness", "the cluster is not founded in time");
    this.injector.schedule(this.#options.plan);
    if (this.#options.hasFaultPoints) this.faultPoints.install();
    try {
      this.workload.start();
      await this.#until(() => false, this.#options.chaosMs * 1_000);
      await this.#until(() => false, Math.max(0, this.#lastFaultUs() - time.nowUs));
    } finally {
      this.faultPoints.remove();
    }
    this.workload.stop();
    this.operator.stop();
    this.injector.healAll();
    await this.#until(() => this.#waiting.length === 0, LAST_CALLS_US);
    if (this.#waiting.length > 0) {
      const late = `${LAST_CALLS_US / 1_000_000} s after the last fault, far beyond every deadline`;
      this.#world.fail("liveness", `${late}, these still wait for an answer: ${this.#waiting.join(", ")}`);
    }
  }

  get #waiting(): readonly string[] {
    return this.operator.isBusy ? ["operator", ...this.workload.waiting] : this.workload.waiting;
  }

  #lastFaultUs(): number {
    return Math.max(0, ...this.#options.plan.map(({ atMs }) => atMs)) * 1_000;
  }

  async #until(isReached: () => boolean, withinUs: number): Promise<void> {
    const world = this.#world;
    await world.time.runUntil(() => world.violation !== undefined || isReached(), world.time.nowUs + withinUs);
  }
}
