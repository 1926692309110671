import { drawRunOptions, sumMetrics, type RunChoices, type RunMetrics } from "@aspenjs/simulation";
import { reportDifference } from "./difference-report.ts";
import { reportFailure } from "./failure-report.ts";
import { DETERMINISM, type SeedCrash, type SeedResult } from "./farm-message.ts";
import { Progress } from "./progress.ts";
import { crashText, runSeeds } from "./seed-farm.ts";
import type { StateKind } from "./state-directory.ts";

export interface SeedSearchOptions {
  readonly seeds: readonly number[];
  readonly workerCount: number;
  readonly isTwice: boolean;
  readonly stateKind: StateKind;
  readonly choices: RunChoices;
  readonly signal: AbortSignal;
}

/** Many seeds over all cores, to the last whatever it finds. @returns whether all was well */
export async function searchSeeds({
  stateKind,
  seeds,
  workerCount,
  isTwice,
  choices,
  signal,
}: SeedSearchOptions): Promise<boolean> {
  const startMs = performance.now();
  const progress = new Progress();
  const found: SeedResult[] = [];
  let done = 0;
  let crashCount = 0;
  let cpuMs = 0;
  let total: RunMetrics | undefined;
  const onResult = (result: SeedResult): boolean => {
    done += 1;
    cpuMs += result.cpuMs;
    total = total === undefined ? result.metrics : sumMetrics(total, result.metrics);
    if (result.violation !== undefined) {
      progress.clear();
      found.push(result);
      console.log(`seed ${result.seed}: ${result.violation.checker}: ${result.violation.message}`);
    }
    progress.show({ done, all: seeds.length, virtualMs: total.virtualMs, violations: found.length });
    return true;
  };
  const onCrash = (crash: SeedCrash): void => {
    crashCount += 1;
    progress.clear();
    console.log(crashText(crash));
  };
  await runSeeds({ stateKind, seeds, choices, workerCount, isTwice, signal, onResult, onCrash });
  progress.clear();
  if (total !== undefined) console.log(JSON.stringify(total, undefined, 2));
  const realMs = performance.now() - startMs;
  console.log(summary({ done, workerCount, realMs, cpuMs, virtualMs: total?.virtualMs ?? 0, isTwice }));
  const [first] = found;
  if (first !== undefined && !signal.aborted) {
    const isDeterminism = first.violation?.checker === DETERMINISM;
    const report = isDeterminism ? reportDifference : reportFailure;
    console.log(isDeterminism ? `comparing two runs of seed ${first.seed}` : `shrinking seed ${first.seed}`);
    console.log(`written: ${await report(drawRunOptions(first.seed, choices), stateKind)}`);
  }
  const rest = signal.aborted ? ", ended early" : "";
  const crashed = crashCount === 0 ? "" : `, ${crashCount} that broke the simulation`;
  console.log(`${done} of ${seeds.length} seeds${rest}, ${found.length} violations${crashed}`);
  return found.length === 0 && done === seeds.length;
}

function summary(spent: {
  readonly done: number;
  readonly workerCount: number;
  readonly realMs: number;
  readonly cpuMs: number;
  readonly virtualMs: number;
  readonly isTwice: boolean;
}): string {
  const lived = spent.isTwice ? 2 * spent.virtualMs : spent.virtualMs;
  const hours = (lived / 3_600_000).toFixed(2);
  const byClock = (lived / spent.realMs / spent.workerCount).toFixed(0);
  const byCpu = (lived / Math.max(1, spent.cpuMs)).toFixed(0);
  return (
    `${hours} h lived in ${(spent.realMs / 1_000).toFixed(1)} s by ${spent.workerCount} processes: ` +
    `each ${byClock} times as fast as real time by the clock, ${byCpu} times by the processor time that it got`
  );
}
