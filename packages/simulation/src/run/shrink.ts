/**
 * Makes a failing run smaller while it still fails in the same way: no faults behind the violation, then fewer faults
 * (delta debugging, Zeller and Hildebrandt 2002), then fewer clients and groups of keys. What is left is what a person
 * reads.
 */
import type { PlannedFault } from "../faults/fault-plan.ts";
import type { RunOptions } from "./run-options.ts";
import type { RunReport } from "./run.ts";

export interface ShrinkOptions {
  readonly simulate: (options: RunOptions) => Promise<RunReport>;
  /** Runs at most. */
  readonly runsMax: number;
  readonly onSmaller?: (report: RunReport) => void;
}

export interface Shrunk {
  readonly report: RunReport;
  readonly runs: number;
}

export async function shrinkRun(failing: RunReport, options: ShrinkOptions): Promise<Shrunk> {
  const shrinker = new Shrinker(failing, options);
  await shrinker.dropLaterFaults();
  await shrinker.dropFaults();
  await shrinker.simplify();
  return { report: shrinker.best, runs: shrinker.runs };
}

class Shrinker {
  readonly #options: ShrinkOptions;
  best: RunReport;
  runs = 0;

  constructor(failing: RunReport, options: ShrinkOptions) {
    this.best = failing;
    this.#options = options;
  }

  /** Time behind the violation is time in which nothing more can go wrong. */
  async dropLaterFaults(): Promise<void> {
    const { violation, options } = this.best;
    const endMs = (violation?.atUs ?? 0) / 1_000;
    await this.#try({ ...options, plan: options.plan.filter(({ atMs }) => atMs < endMs) });
  }

  async dropFaults(): Promise<void> {
    let pieces = 2;
    while (pieces <= this.best.options.plan.length && this.#mayRun) {
      const isSmaller = await this.#dropOnePiece(pieces);
      if (isSmaller) pieces = Math.max(2, pieces - 1);
      else if (pieces === this.best.options.plan.length) return;
      else pieces = Math.min(this.best.options.plan.length, pieces * 2);
    }
    if (this.best.options.plan.length === 1) await this.#try({ ...this.best.options, plan: [] });
  }

  async simplify(): Promise<void> {
    while (this.best.options.clientCount > 1) {
      const { options } = this.best;
      if (!(await this.#try({ ...options, clientCount: options.clientCount - 1 }))) break;
    }
    while (this.best.options.lockHolderCount > 0) {
      const { options } = this.best;
      if (!(await this.#try({ ...options, lockHolderCount: options.lockHolderCount - 1 }))) break;
    }
    while (this.best.options.watcherCount > 0) {
      const { options } = this.best;
      if (!(await this.#try({ ...options, watcherCount: options.watcherCount - 1 }))) break;
    }
    if (this.best.options.groupCount > 1) await this.#try({ ...this.best.options, groupCount: 1 });
    if (this.best.options.nodeCount > 3) await this.#try({ ...this.best.options, nodeCount: 3 });
  }

  get #mayRun(): boolean {
    return this.runs < this.#options.runsMax;
  }

  async #dropOnePiece(pieces: number): Promise<boolean> {
    const { plan } = this.best.options;
    for (let piece = 0; piece < pieces && this.#mayRun; piece += 1) {
      const from = Math.floor((piece * plan.length) / pieces);
      const to = Math.floor(((piece + 1) * plan.length) / pieces);
      const rest: readonly PlannedFault[] = [...plan.slice(0, from), ...plan.slice(to)];
      if (await this.#try({ ...this.best.options, plan: rest })) return true;
    }
    return false;
  }

  /** Smaller and still failing: go on from there. */
  async #try(options: RunOptions): Promise<boolean> {
    if (!this.#mayRun) return false;
    this.runs += 1;
    const report = await this.#options.simulate(options);
    if (report.violation === undefined || report.violation.checker !== this.best.violation?.checker) return false;
    this.best = report;
    this.#options.onSmaller?.(report);
    return true;
  }
}
