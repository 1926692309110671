import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runScenario, type Scenario, type ScenarioOptions, type ScenarioReport } from "../scenario/run-scenario.ts";
import { traceText } from "../run/trace.ts";

export interface SimulateOptions extends ScenarioOptions {
  /** How many seeds, from 1 on. Default 10; the variable ASPEN_SIM_SEEDS overrides it. */
  readonly seeds?: number;
  readonly timeoutMs?: number;
}

const FOLDER = "docs/simulations";
const SEEDS_DEFAULT = 10;
const TIMEOUT_MS_DEFAULT = 120_000;
const LINES_SHOWN = 60;

/** What is needed of a test framework; vitest has it. */
export interface TestFramework {
  readonly describe: (name: string, declare: () => void) => unknown;
  readonly test: (name: string, run: () => Promise<void>, timeoutMs: number) => unknown;
}

/** States a scenario: each seed of it becomes a test. */
export type Simulate = (name: string, options: SimulateOptions, scenario: Scenario) => void;

/**
 * The scenario happens to a simulated cluster that every checker watches, once for each seed. A seed that fails leaves
 * an artifact in `docs/simulations`, and its error says how to live through the same again.
 */
export function createSimulate({ describe, test }: TestFramework): Simulate {
  return (name, options, scenario) => {
    describe(name, () => {
      for (const seed of chosenSeeds(options)) {
        const run = async (): Promise<void> => {
          const report = await runScenario(seed, scenario, options);
          if (report.violation !== undefined) throw failureOf(name, report);
        };
        test(`seed ${seed}`, run, options.timeoutMs ?? TIMEOUT_MS_DEFAULT);
      }
    });
  };
}

function chosenSeeds({ seeds = SEEDS_DEFAULT }: SimulateOptions): readonly number[] {
  const one = process.env["ASPEN_SIM_SEED"];
  if (one !== undefined) return [Number(one)];
  const count = Number(process.env["ASPEN_SIM_SEEDS"] ?? seeds);
  return Array.from({ length: count }, (_, position) => position + 1);
}

function failureOf(name: string, report: ScenarioReport): Error {
  const { seed, violation, events } = report;
  const reproduce = `ASPEN_SIM_SEED=${seed} vitest run -t "${name}"`;
  const path = join(FOLDER, `${name.replaceAll(/[^a-z0-9]+/gi, "-")}-seed${seed}.json`);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(path, `${JSON.stringify({ name, reproduce, ...report }, undefined, 2)}\n`);
  const story = events.slice(-LINES_SHOWN).map(traceText).join("\n");
  return new Error(
    `${violation?.checker}: ${violation?.message}\n\nagain: ${reproduce}\nall of it: ${path}\n\n${story}\n\n${violation?.stack ?? ""}`,
  );
}
