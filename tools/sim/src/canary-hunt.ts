import type { Violation } from "@aspenjs/simulation";
import type { SimulationCanary } from "./canaries.ts";
import { crashText, runSeeds } from "./seed-farm.ts";

export interface CanaryHunt {
  readonly canary: SimulationCanary;
  /** `undefined`: it was not found. */
  readonly seedsNeeded: number | undefined;
  /** The one that noticed. Workers take turns, so it need not be the last that was begun. */
  readonly seed: number | undefined;
  readonly violation: Violation | undefined;
}

export interface CanaryHuntOptions {
  readonly seedsMax: number;
  readonly workerCount: number;
}

/** Seeds in order until one of them notices the bug. */
export async function huntCanaries(
  canaries: readonly SimulationCanary[],
  options: CanaryHuntOptions,
): Promise<readonly CanaryHunt[]> {
  const hunts: CanaryHunt[] = [];
  for (const canary of canaries) {
    const hunt = await huntCanary(canary, options);
    console.error(lineOf(hunt));
    hunts.push(hunt);
  }
  return hunts;
}

async function huntCanary(canary: SimulationCanary, { seedsMax, workerCount }: CanaryHuntOptions): Promise<CanaryHunt> {
  let lived = 0;
  let violation: Violation | undefined;
  let seed: number | undefined;
  await runSeeds({
    seeds: Array.from({ length: seedsMax }, (_, position) => position + 1),
    choices: {},
    workerCount,
    isTwice: false,
    canary,
    onResult: (result) => {
      lived += 1;
      ({ violation } = result);
      if (violation !== undefined) ({ seed } = result);
      return violation === undefined;
    },
    onCrash: (crash) => console.error(`${canary.name}: ${crashText(crash)}`),
  });
  return { canary, seedsNeeded: violation === undefined ? undefined : lived, seed, violation };
}

export function renderHunt(hunts: readonly CanaryHunt[]): string {
  const rows = hunts.map(({ canary, seedsNeeded, seed, violation }) => {
    const found = [seedsNeeded ?? "not found", seed ?? "", violation?.checker ?? ""];
    return `| ${[canary.name, canary.why, ...found].join(" | ")} |`;
  });
  return [
    "| canary | what goes wrong | seeds needed | found by seed | noticed by |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function lineOf({ canary, seedsNeeded, seed, violation }: CanaryHunt): string {
  if (violation === undefined) return `${canary.name}: NOT FOUND`;
  const message = violation.message.split("\n")[0] ?? "";
  return `${canary.name}: ${seedsNeeded} seeds, found by seed ${seed}, ${violation.checker}: ${message.slice(0, 160)}`;
}
