import { availableParallelism } from "node:os";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { drawRunOptions, FAULT_POINTS, FAULTS, type RunChoices } from "@aspenjs/simulation";
import { CANARIES } from "./canaries.ts";
import { huntCanaries, renderHunt } from "./canary-hunt.ts";
import { searchSeeds } from "./seed-search.ts";
import { replayRun, showRun } from "./show-run.ts";
import { STATE_KINDS, type StateKind } from "./state-directory.ts";

interface SimFlags {
  readonly seed?: number;
  readonly replay?: string;
  readonly from: number;
  readonly seeds: number;
  readonly nodes?: number;
  readonly clients?: number;
  readonly seconds?: number;
  readonly faults?: readonly string[];
  readonly state: StateKind;
  readonly workers: number;
  readonly twice: boolean;
  readonly trace: boolean;
  readonly keep: boolean;
}

const FAILED_EXIT_CODE = 1;
const USAGE_EXIT_CODE = 2;
const SIGINT_EXIT_CODE = 130;

const EXIT_CODES = `
Exit code: 0 when all was well, 1 when something was found or went otherwise, 2 when it was asked wrongly, 130 when it was interrupted.
With --replay: 0 when the run goes as recorded, "failed again as recorded" included; 1 when it goes otherwise.`;

const program = new Command("sim")
  .description("Lives through simulated clusters. One seed decides everything.")
  .enablePositionalOptions()
  .exitOverride()
  .option("--seed <n>", "one run, in this process", wholeNumber)
  .option("--replay <file>", "the run of an artifact once more, on the state kind that it was recorded with")
  .option("--from <n>", "first seed of a search", wholeNumber, 1)
  .option("--seeds <n>", "how many seeds", wholeNumber, 100)
  .option("--nodes <n>", "nodes of the first membership: 1 to 9", wholeNumber)
  .option("--clients <n>", "clients at a time", wholeNumber)
  .option("--seconds <n>", "of virtual time in which things go wrong", wholeNumber)
  .option("--faults <names>", "only these faults, with commas between; none: no faults at all", faultNames)
  .addOption(new Option("--state <kind>", "where nodes keep their state").choices(STATE_KINDS).default("memory"))
  .option("--workers <n>", "processes", countOfWorkers, availableParallelism())
  .option("--twice", "each seed twice: both must do the same things", false)
  .option("--trace", "with --seed or --replay: what happens, line by line", false)
  .option("--keep", "with --seed: write the artifact and a timeline to look at, whatever happens", false)
  .addHelpText("after", `\nFaults: ${FAULTS.map(({ name }) => name).join(", ")}, ${FAULT_POINTS}\n${EXIT_CODES}`)
  .action(async (flags: SimFlags) => {
    // Whoever stopped it already said so.
    if (!(await simulate(flags))) process.exitCode ??= FAILED_EXIT_CODE;
  });

program
  .command("canaries")
  .description("plants one bug after the other and counts the seeds until it is found")
  .option("--seeds <n>", "at most, for each", wholeNumber, 2_000)
  .option("--only <names>", "some of them, with commas between", canaryNames)
  .option("--workers <n>", "processes", countOfWorkers, availableParallelism())
  .action(async (flags: { readonly seeds: number; readonly only?: readonly string[]; readonly workers: number }) => {
    const chosen = CANARIES.filter(({ name }) => flags.only?.includes(name) ?? true);
    const hunts = await huntCanaries(chosen, { seedsMax: flags.seeds, workerCount: flags.workers });
    console.log(renderHunt(hunts));
    if (hunts.some(({ seedsNeeded }) => seedsNeeded === undefined)) process.exitCode = FAILED_EXIT_CODE;
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : USAGE_EXIT_CODE;
}

async function simulate(flags: SimFlags): Promise<boolean> {
  if (flags.replay !== undefined) return replayRun(flags.replay, flags.trace);
  const choices: RunChoices = {
    nodeCount: flags.nodes,
    clientCount: flags.clients,
    chaosMs: flags.seconds === undefined ? undefined : flags.seconds * 1_000,
    faults: flags.faults,
  };
  if (flags.seed !== undefined) {
    return showRun({
      options: drawRunOptions(flags.seed, choices),
      stateKind: flags.state,
      isTraced: flags.trace,
      isKept: flags.keep,
    });
  }
  const stopping = new AbortController();
  process.once("SIGINT", () => {
    process.exitCode = SIGINT_EXIT_CODE;
    stopping.abort();
  });
  return searchSeeds({
    seeds: Array.from({ length: flags.seeds }, (_, position) => flags.from + position),
    workerCount: flags.workers,
    isTwice: flags.twice,
    stateKind: flags.state,
    choices,
    signal: stopping.signal,
  });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError("a whole number is expected");
  return value;
}

function countOfWorkers(text: string): number {
  const count = wholeNumber(text);
  if (count === 0) throw new InvalidArgumentError("at least one is needed");
  return count;
}

function faultNames(text: string): readonly string[] {
  return text === "none" ? [] : known(text, [...FAULTS, { name: FAULT_POINTS }]);
}

function canaryNames(text: string): readonly string[] {
  return known(text, CANARIES);
}

function known(text: string, items: readonly { readonly name: string }[]): readonly string[] {
  const names = text.split(",");
  const unknown = names.filter((name) => !items.some((item) => item.name === name));
  if (unknown.length > 0) throw new InvalidArgumentError(`unknown: ${unknown.join(", ")}`);
  return names;
}
