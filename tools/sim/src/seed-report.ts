import type { RunChoices } from "@aspenjs/simulation";
import type { SeedResult } from "./farm-message.ts";
import { runSeeds } from "./seed-farm.ts";
import type { StateKind } from "./state-directory.ts";

export interface SeedReportOptions {
  readonly seeds: readonly number[];
  readonly isTwice: boolean;
  readonly workerCount: number;
  readonly choices?: RunChoices;
  readonly nodePath?: string;
  readonly stateKind?: StateKind;
}

/** What became of each seed, in the order of the seeds. */
export async function reportSeeds({ choices = {}, ...options }: SeedReportOptions): Promise<readonly SeedResult[]> {
  const results: SeedResult[] = [];
  const onResult = (result: SeedResult): boolean => {
    results.push(result);
    return true;
  };
  await runSeeds({ ...options, choices, onResult });
  return results.toSorted((left, right) => left.seed - right.seed);
}
