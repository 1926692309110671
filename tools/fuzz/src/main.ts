import { Command, CommanderError, InvalidArgumentError } from "commander";
import { runCampaign, type Progress } from "./campaign.ts";
import { huntCanaries, renderHunts } from "./canary-hunt.ts";
import { Coverage } from "./coverage.ts";
import { loadTarget, targetPlaces, type TargetPlace } from "./discovery.ts";
import { FlightRecorder } from "./flight-recorder.ts";
import { keepRegression, regressionsOf } from "./regressions.ts";
import { renderTable } from "./table.ts";

interface Flags {
  readonly seconds: number;
  readonly seed?: number;
  readonly list?: boolean;
  readonly canaries?: boolean;
  readonly blind?: boolean;
  readonly dry?: boolean;
}

const EXIT_FOUND = 1;
const EXIT_USAGE = 2;
const FINDINGS_MAX = 16;

const stopping = new AbortController();
const stop = (): void => stopping.abort();

const program = new Command("fuzz")
  .description("Searches for inputs that a decoder does not survive. What it finds is kept beside the target.")
  .argument("[names...]", "targets, or `all`")
  .option("--seconds <n>", "for each target, or for each canary", wholeNumber, 60)
  .option("--seed <n>", "the same inputs again; drawn and printed when left out", wholeNumber)
  .option("--list", "the targets and what they decode")
  .option("--canaries", "plant the bugs of each target, and see whether they are found")
  .option("--blind", "without coverage: faster, and finds less")
  .option("--dry", "keep no file of what is found")
  .exitOverride()
  .action(run);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
}

async function run(names: readonly string[], flags: Flags): Promise<void> {
  if (flags.list === true) return list();
  const places = choose(names.length === 0 && flags.canaries === true ? ["all"] : names);
  process.once("SIGINT", stop).once("SIGTERM", stop);
  if (flags.canaries === true) return hunt(places, flags);
  const seed = flags.seed ?? Date.now() % 2 ** 31;
  const recorder = new FlightRecorder();
  const rows: (readonly (string | number)[])[] = [];
  for (const place of places) {
    if (stopping.signal.aborted) break;
    const progress = await search(place, seed, flags, recorder);
    if (progress.findings.length > 0) process.exitCode = EXIT_FOUND;
    rows.push([place.name, ...figures(progress), progress.findings.length]);
  }
  console.log(
    `\n${renderTable(["target", "seconds", "executions", "per second", "corpus", "blocks", "findings"], rows)}`,
  );
  console.log(`seed ${seed}${stopping.signal.aborted ? ", stopped early" : ""}`);
}

async function search(place: TargetPlace, seed: number, flags: Flags, recorder: FlightRecorder): Promise<Progress> {
  const coverage = flags.blind === true ? undefined : new Coverage();
  coverage?.start();
  const target = await loadTarget(place);
  console.log(`${place.name}: ${target.decodes}; seed ${seed}`);
  console.log(`  should the process die: its last input is in ${recorder.path}`);
  const progress = await runCampaign(target, {
    seed,
    durationMs: flags.seconds * 1_000,
    regressions: regressionsOf(place).map(({ bytes }) => bytes),
    coverage,
    isMinimizing: true,
    findingsMax: FINDINGS_MAX,
    signal: stopping.signal,
    onInput: (input) => recorder.record(input),
    onProgress: (now) => console.log(line(now)),
  });
  coverage?.stop();
  for (const finding of progress.findings) {
    console.log(`  ${finding.kind}: ${finding.message}`);
    console.log(
      `  input: ${Buffer.from(finding.input.subarray(0, 64)).toString("hex")} (${finding.input.byteLength} bytes)`,
    );
    const file = flags.dry === true ? undefined : keepRegression(place, finding);
    console.log(file === undefined ? "  not kept" : `  kept as ${file}`);
  }
  return progress;
}

function figures({ elapsedMs, executions, corpusSize, blocks }: Progress): readonly number[] {
  return [Math.round(elapsedMs / 1_000), executions, Math.round((executions * 1_000) / elapsedMs), corpusSize, blocks];
}

function line(progress: Progress): string {
  const [seconds, executions, perSecond, corpusSize, blocks] = figures(progress);
  return `  ${seconds} s: ${executions} executions, ${perSecond}/s, corpus ${corpusSize}, blocks ${blocks}, findings ${progress.findings.length}`;
}

async function list(): Promise<void> {
  const rows: (readonly string[])[] = [];
  for (const place of targetPlaces()) {
    const target = await loadTarget(place);
    rows.push([place.name, String(target.frameBytesMax), target.decodes]);
  }
  console.log(renderTable(["target", "frame bytes", "decodes"], rows));
}

async function hunt(places: readonly TargetPlace[], flags: Flags): Promise<void> {
  const hunts = await huntCanaries(places, {
    seconds: flags.seconds,
    seed: flags.seed ?? 1,
    signal: stopping.signal,
    onHunt: ({ target, canary, outcome }) => console.error(`${target}: ${canary}: ${outcome.kind}`),
  });
  console.log(renderHunts(hunts));
  if (hunts.some(({ outcome }) => outcome.kind !== "found")) process.exitCode = EXIT_FOUND;
}

function choose(names: readonly string[]): readonly TargetPlace[] {
  const places = targetPlaces();
  if (names.includes("all")) return places;
  const unknown = names.find((name) => !places.some((place) => place.name === name));
  if (names.length > 0 && unknown === undefined) return places.filter(({ name }) => names.includes(name));
  return program.error(
    unknown === undefined
      ? "name a target, or all; --list shows them"
      : `no target is called ${unknown}; --list shows them`,
    { exitCode: EXIT_USAGE },
  );
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("a whole number");
}
